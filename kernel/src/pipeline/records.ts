import type { Context } from '../context.ts'
import type { Db } from '../database.ts'
import type { Call, Change, DomainEvent } from '../unit.ts'

export interface OutboxEvent extends DomainEvent {
  readonly id: string
  readonly context: Context
}

export interface AuditRecord {
  readonly action: string
  readonly outcome: 'done' | 'refused' | 'pending' | 'denied' | 'failed'
  readonly code?: string | undefined
  readonly context: Context
  readonly call?: Pick<Call<unknown>, 'id' | 'payloadHash'> | undefined
  readonly input?: unknown
  readonly changes?: readonly Change[]
  /** Who approved it, where it was run with approvals. */
  readonly approval?: unknown
}

/** Writes audit records in the order given, in the transaction of what they tell of. */
export async function insertAudit(db: Db, records: readonly AuditRecord[], now: number): Promise<void> {
  if (records.length === 0) return
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
  await db.send(
    `INSERT INTO kernel.audit (at, action, outcome, code, actor, request_id, call_id, idempotency_key,
                               payload_hash, reason, source_ip, input, changes, approval)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                              $9::bytea[], $10::text[], $11::text[], $12::json[], $13::json[], $14::json[])`,
    [
      new Date(now),
      records.map((r) => r.action),
      records.map((r) => r.outcome),
      records.map((r) => r.code ?? null),
      records.map((r) => r.context.actor.id),
      records.map((r) => r.context.requestId),
      records.map((r) => r.call?.id ?? null),
      records.map((r) => r.context.idempotencyKey ?? null),
      records.map((r) => r.call?.payloadHash ?? null),
      records.map((r) => r.context.reason ?? null),
      records.map((r) => r.context.sourceIp ?? null),
      records.map((r) => json(r.input)),
      records.map((r) => json(r.changes?.length === 0 ? undefined : r.changes)),
      records.map((r) => json(r.approval)),
    ],
  )
}

/** Puts events into the outbox in the order given. */
export async function insertEvents(db: Db, events: readonly OutboxEvent[], now: number): Promise<void> {
  if (events.length === 0) return
  await db.send(
    `INSERT INTO kernel.outbox (at, id, type, subject, data, actor, request_id)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::json[], $6::text[], $7::text[])`,
    [
      new Date(now),
      events.map((e) => e.id),
      events.map((e) => e.type),
      events.map((e) => e.subject),
      events.map((e) => JSON.stringify(e.data)),
      events.map((e) => e.context.actor.id),
      events.map((e) => e.context.requestId),
    ],
  )
}
