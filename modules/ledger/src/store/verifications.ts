import type { Db, Finding } from '@florin/kernel'

/** One look at all books. Times in epoch milliseconds. */
export interface Verification {
  readonly id: string
  readonly startedAt: number
  readonly endedAt: number
  readonly actor: string
  readonly upTo: readonly { readonly ledger: string; readonly seq: string }[]
  readonly findings: number
  readonly details: readonly Finding[]
}

export async function insertVerification(db: Db, verification: Verification): Promise<void> {
  const { id, startedAt, endedAt, actor, upTo, findings, details } = verification
  await db.query(
    `INSERT INTO ledger.verifications (id, started_at, ended_at, actor, up_to, findings, details)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb)`,
    [
      id,
      new Date(startedAt),
      new Date(endedAt),
      actor,
      JSON.stringify(upTo),
      findings,
      JSON.stringify(details),
    ],
  )
}

interface VerificationRow {
  id: string
  started_at: Date
  ended_at: Date
  actor: string
  up_to: Verification['upTo']
  findings: number
  details: Finding[]
}

/** The latest first; `before` is the id to go on from. Served by the primary key. */
export async function readVerifications(
  db: Db,
  before: string | undefined,
  limit: number,
): Promise<Verification[]> {
  const rows = await db.query<VerificationRow>(
    `SELECT id, started_at, ended_at, actor, up_to, findings, details FROM ledger.verifications
     WHERE $1::uuid IS NULL OR id < $1::uuid ORDER BY id DESC LIMIT $2`,
    [before ?? null, limit],
  )
  return rows.map((row) => ({
    id: row.id,
    startedAt: row.started_at.getTime(),
    endedAt: row.ended_at.getTime(),
    actor: row.actor,
    upTo: row.up_to,
    findings: row.findings,
    details: row.details,
  }))
}

/** When the books were last looked at or, if never, when the first of them was opened; undefined without books. */
export async function unverifiedSince(db: Db): Promise<number | undefined> {
  const [row] = await db.query<{ since: Date | null }>(
    `SELECT coalesce((SELECT started_at FROM ledger.verifications ORDER BY id DESC LIMIT 1),
       (SELECT min(opened_at) FROM ledger.ledgers WHERE id > 0)) AS since`,
  )
  return row?.since?.getTime()
}
