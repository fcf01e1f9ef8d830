import { type Db, Refusal } from '@florin/kernel'
import type { LedgerHead } from './head.ts'
import { instant } from './rows.ts'

export interface RevaluationRow {
  id: string
  number: bigint
  transaction: string | null
  value_time: Date
  reporting_asset: string
  positions: string
  source: string
  rate_time: Date
  rounding: string
  reverse_on: Date | null
  lines: unknown
  seq: bigint
  booked_at: Date
  reversal: string | null
}

export type NewRevaluation = Omit<RevaluationRow, 'number' | 'reversal' | 'lines' | 'booked_at'> & {
  readonly lines: readonly object[]
}

/** With the record that reversed it, if any: one probe of the index that lets a transaction be reversed once. */
export const revaluationColumns = `r.id, r.number, r.transaction, r.value_time, r.reporting_asset, r.positions, r.source,
  r.rate_time, r.rounding, r.reverse_on, r.lines, r.seq, r.booked_at,
  (SELECT j.id FROM ledger.journal j WHERE j.subject = r.transaction AND j.kind = 'reversal' AND j.refusal IS NULL) AS reversal`

/** Under the ledger's lock, so that numbers have no gaps. */
export async function insertRevaluation(
  db: Db,
  ledger: LedgerHead,
  made: NewRevaluation,
): Promise<RevaluationRow> {
  const [row] = await db.query<RevaluationRow>(
    `INSERT INTO ledger.revaluations AS r (id, ledger_id, number, transaction, value_time, reporting_asset, positions, source,
       rate_time, rounding, reverse_on, lines, seq, booked_at)
     VALUES ($1, $2, (SELECT coalesce(max(number), 0) + 1 FROM ledger.revaluations WHERE ledger_id = $2),
       $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING ${revaluationColumns}`,
    [
      made.id,
      ledger.id,
      made.transaction,
      made.value_time,
      made.reporting_asset,
      made.positions,
      made.source,
      made.rate_time,
      made.rounding,
      made.reverse_on,
      JSON.stringify(made.lines),
      made.seq,
      instant(ledger.bookedAt),
    ],
  )
  if (row === undefined) throw new Error('A revaluation vanished')
  return row
}

/** @throws Refusal `revaluation_not_found` */
export async function findRevaluation(db: Db, ledgerId: bigint, id: string): Promise<RevaluationRow> {
  const [row] = await db.query<RevaluationRow>(
    `SELECT ${revaluationColumns} FROM ledger.revaluations r WHERE r.ledger_id = $1 AND r.id = $2`,
    [ledgerId, id],
  )
  if (row === undefined)
    throw new Refusal('revaluation_not_found', `There is no revaluation ${id} in this ledger`, {
      revaluation: id,
    })
  return row
}

/** Revaluations whose day of reversal has come and that nothing has reversed, oldest first. */
export async function dueRevaluations(
  db: Db,
  now: number,
  within: { readonly ledgerId?: bigint; readonly limit: number },
): Promise<{ id: string; ledger: string; transaction: string; reverse_on: Date }[]> {
  return db.query(
    `SELECT r.id, l.name AS ledger, r.transaction, r.reverse_on
     FROM ledger.revaluations r JOIN ledger.ledgers l ON l.id = r.ledger_id
     WHERE r.reverse_on <= $1 AND r.transaction IS NOT NULL AND ($2::bigint IS NULL OR r.ledger_id = $2)
       AND NOT EXISTS (SELECT FROM ledger.journal j
                       WHERE j.subject = r.transaction AND j.kind = 'reversal' AND j.refusal IS NULL)
     ORDER BY r.reverse_on, r.ledger_id, r.number LIMIT $3`,
    [instant(now), within.ledgerId ?? null, within.limit],
  )
}
