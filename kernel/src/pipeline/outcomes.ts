import type { Db } from '../database.ts'
import { Refusal } from '../errors.ts'
import type { Call } from '../unit.ts'

/** What a command came to. `pending`: a policy asks for a second person first. */
export type Answer<O = unknown> =
  | { readonly status: 'done'; readonly id: string; readonly output: O; readonly replayed: boolean }
  | { readonly status: 'refused'; readonly id: string; readonly refusal: Refusal; readonly replayed: boolean }
  | {
      readonly status: 'pending'
      readonly id: string
      /** What is waited for, as the caller is told: see `PendingView`. */
      readonly approval: Readonly<Record<string, unknown>>
      readonly replayed: boolean
    }

export interface StoredOutcome {
  readonly payloadHash: Buffer
  readonly answer: Answer
}

/**
 * Claims the calls' keys. Those that come back were never seen before and are this transaction's; for the others
 * see `findOutcomes`. A claim that another transaction is just making is waited for.
 */
export async function claim(
  db: Db,
  command: string,
  calls: readonly Call<unknown>[],
  now: number,
): Promise<ReadonlySet<string>> {
  // In order of id, so that two batches with common keys wait for one another instead of deadlocking.
  const sorted = calls.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rows = await db.query<{ id: string }>(
    `INSERT INTO kernel.requests (id, actor, command, key, payload_hash, claimed_at)
     SELECT id, actor, $1, key, hash, $2 FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[]) AS c(id, actor, key, hash)
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      command,
      new Date(now),
      sorted.map((c) => c.id),
      sorted.map((c) => c.context.actor.id),
      sorted.map((c) => c.context.idempotencyKey ?? ''),
      sorted.map((c) => c.payloadHash),
    ],
  )
  return new Set(rows.map((row) => row.id))
}

/** The stored outcomes of these request ids. */
export async function findOutcomes(db: Db, ids: readonly string[]): Promise<Map<string, StoredOutcome>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<{ id: string; payload_hash: Buffer; status: Answer['status']; body: unknown }>(
    `SELECT r.id, r.payload_hash, o.status, o.body FROM kernel.requests r JOIN kernel.outcomes o ON o.request_id = r.id
     WHERE r.id = ANY($1::uuid[])`,
    [ids],
  )
  return new Map(
    rows.map((row) => [
      row.id,
      { payloadHash: row.payload_hash, answer: answerOf(row.id, row.status, row.body) },
    ]),
  )
}

/** Stores the answers of claimed calls. */
export async function storeOutcomes(
  db: Db,
  answers: readonly Answer[],
  shownOnce: readonly string[] = [],
): Promise<void> {
  if (answers.length === 0) return
  const bodies = answers.map((a) => JSON.stringify(bodyOf(a, shownOnce)))
  const [only] = answers
  if (answers.length === 1 && only !== undefined) {
    // the answer to a batch is long, and as an element of an array it would have to be quoted
    await db.send(`INSERT INTO kernel.outcomes (request_id, status, body) VALUES ($1, $2, $3)`, [
      only.id,
      only.status,
      bodies[0],
    ])
    return
  }
  await db.send(
    `INSERT INTO kernel.outcomes (request_id, status, body) SELECT * FROM unnest($1::uuid[], $2::text[], $3::json[])`,
    [answers.map((a) => a.id), answers.map((a) => a.status), bodies],
  )
}

/** The output without what may be shown only once. */
export function withoutSecrets(output: unknown, shownOnce: readonly string[]): unknown {
  if (shownOnce.length === 0 || typeof output !== 'object' || output === null) return output
  return Object.fromEntries(
    Object.entries(output).map(([name, value]) => [name, shownOnce.includes(name) ? null : value]),
  )
}

function bodyOf(answer: Answer, shownOnce: readonly string[]): unknown {
  switch (answer.status) {
    case 'done':
      return withoutSecrets(answer.output, shownOnce)
    case 'refused':
      return { code: answer.refusal.code, message: answer.refusal.message, details: answer.refusal.details }
    case 'pending':
      return answer.approval
  }
}

function answerOf(id: string, status: Answer['status'], body: unknown): Answer {
  switch (status) {
    case 'done':
      return { status, id, output: body, replayed: true }
    case 'refused':
      return { status, id, refusal: storedRefusal(body), replayed: true }
    case 'pending':
      return { status, id, approval: storedPending(body), replayed: true }
  }
}

function storedPending(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null)
    throw new Error('A stored outcome does not say what it waits for')
  return { ...body }
}

/** A refusal read back from its record. */
export function storedRefusal(body: unknown): Refusal {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('message' in body)) {
    throw new Error('A stored refusal lacks its code or message')
  }
  const details =
    'details' in body && typeof body.details === 'object' && body.details !== null ? body.details : {}
  return new Refusal(String(body.code), String(body.message), { ...details })
}
