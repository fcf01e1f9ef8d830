import type { Db } from '../database.ts'
import type { Call } from '../unit.ts'
import type { Need } from './schemas.ts'

/** A call that waited, as it was made. */
export interface RequestRow {
  readonly id: string
  readonly command: string
  readonly actor: string
  readonly key: string
  readonly payload_hash: Buffer
  readonly input: unknown
  readonly reason: string | null
  readonly source_ip: string | null
  readonly needs: readonly Need[]
  readonly requested_at: Date
  readonly expires_at: Date
}

export interface GrantRow {
  readonly actor: string
  readonly policies: readonly string[]
  readonly reason: string | null
  readonly granted_at: Date
}

export type EndStatus = 'executed' | 'failed' | 'rejected' | 'withdrawn' | 'expired'

export interface EndRow {
  readonly status: EndStatus
  readonly actor: string
  readonly reason: string | null
  readonly body: unknown
  readonly ended_at: Date
}

export const requestColumns = `r.id, r.command, c.actor, c.key, c.payload_hash, r.input, r.reason, r.source_ip, r.needs,
  r.requested_at, r.expires_at`

export interface NewRequest {
  readonly call: Call<unknown>
  readonly needs: readonly Need[]
  /** Epoch milliseconds, like the next. */
  readonly requestedAt: number
  readonly expiresAt: number
}

/** Writes down what waits from now on. Their keys are claimed already. */
export async function insertRequests(
  db: Db,
  command: string,
  requests: readonly NewRequest[],
): Promise<void> {
  await db.query(
    `INSERT INTO kernel.approval_requests (id, command, input, reason, source_ip, needs, requested_at, expires_at)
     SELECT id, $1, input, reason, source_ip, needs, requested_at, expires_at
     FROM unnest($2::uuid[], $3::json[], $4::text[], $5::text[], $6::json[], $7::timestamptz[], $8::timestamptz[])
       AS r(id, input, reason, source_ip, needs, requested_at, expires_at)`,
    [
      command,
      requests.map(({ call }) => call.id),
      requests.map(({ call }) => JSON.stringify(call.input)),
      requests.map(({ call }) => call.context.reason ?? null),
      requests.map(({ call }) => call.context.sourceIp ?? null),
      requests.map(({ needs }) => JSON.stringify(needs)),
      requests.map(({ requestedAt }) => new Date(requestedAt)),
      requests.map(({ expiresAt }) => new Date(expiresAt)),
    ],
  )
}

/** The request, if it still waits: nobody else decides on it before this unit ends. */
export async function lockOpenRequest(db: Db, id: string): Promise<RequestRow | undefined> {
  const open = await db.query('SELECT FROM kernel.approval_requests WHERE id = $1 AND open FOR UPDATE', [id])
  return open.length === 0 ? undefined : findRequest(db, id)
}

export async function findRequest(db: Db, id: string): Promise<RequestRow | undefined> {
  const [row] = await db.query<RequestRow>(
    `SELECT ${requestColumns} FROM kernel.approval_requests r JOIN kernel.requests c ON c.id = r.id WHERE r.id = $1`,
    [id],
  )
  return row
}

/** The approvals of these requests, oldest first. */
export async function findGrants(db: Db, ids: readonly string[]): Promise<Map<string, GrantRow[]>> {
  const rows = await db.query<GrantRow & { request_id: string }>(
    `SELECT request_id, actor, policies, reason, granted_at FROM kernel.approval_grants
     WHERE request_id = ANY($1::uuid[]) ORDER BY granted_at, actor`,
    [ids],
  )
  return Map.groupBy(rows, (row) => row.request_id)
}

export async function findEnd(db: Db, id: string): Promise<EndRow | undefined> {
  const [row] = await db.query<EndRow>(
    'SELECT status, actor, reason, body, ended_at FROM kernel.approval_ends WHERE request_id = $1',
    [id],
  )
  return row
}

export async function insertGrant(db: Db, id: string, grant: GrantRow): Promise<void> {
  await db.query(
    `INSERT INTO kernel.approval_grants (request_id, actor, policies, reason, granted_at) VALUES ($1, $2, $3, $4, $5)`,
    [id, grant.actor, grant.policies, grant.reason, grant.granted_at],
  )
}

/** Ends a request whose row is locked. */
export async function insertEnd(db: Db, id: string, end: EndRow): Promise<void> {
  await db.query(
    `INSERT INTO kernel.approval_ends (request_id, status, actor, reason, body, ended_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      id,
      end.status,
      end.actor,
      end.reason,
      end.body === undefined ? null : JSON.stringify(end.body),
      end.ended_at,
    ],
  )
  await db.query('UPDATE kernel.approval_requests SET open = false WHERE id = $1', [id])
}
