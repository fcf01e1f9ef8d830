import type { Db } from '@florin/kernel'
import { columnOf, instant, rowSource } from './rows.ts'

export interface KnownSettlement {
  /** 1, or more if it replaced others. */
  readonly version: number
  /** Epoch milliseconds. */
  readonly settledAt: number
  readonly reference: string
}

/** A transaction and what is known of its settlement. */
export interface Settleable {
  readonly seq: bigint
  readonly known: KnownSettlement | undefined
}

/**
 * Those who record settlements of a ledger take turns, so that two never judge by the same state. Postings need not
 * wait: what is settled has long been committed.
 */
export async function lockSettlements(db: Db, ledgerId: bigint): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('ledger.settlements'), $1::int)`, [ledgerId])
}

/** The booked transactions of these ids, by id. */
export async function findSettleable(
  db: Db,
  ledgerId: bigint,
  ids: readonly string[],
): Promise<Map<string, Settleable>> {
  const rows = await db.query<{
    id: string
    seq: bigint
    version: number | null
    settled_at: Date | null
    reference: string | null
  }>(
    `SELECT j.id, j.seq, s.version, s.settled_at, s.reference FROM ledger.journal j
     LEFT JOIN LATERAL (${newestSettlement}) s ON true
     WHERE j.id = ANY($2::uuid[]) AND j.ledger_id = $1 AND j.refusal IS NULL
       AND EXISTS (SELECT FROM ledger.postings p WHERE p.ledger_id = j.ledger_id AND p.seq = j.seq)`,
    [ledgerId, ids],
  )
  return new Map(
    rows.map(({ id, seq, version, settled_at, reference }) => {
      const isKnown = version !== null && settled_at !== null && reference !== null
      const known = isKnown ? { version, settledAt: settled_at.getTime(), reference } : undefined
      return [id, { seq, known }]
    }),
  )
}

/** The settlement that counts of the transaction `j`. */
export const newestSettlement = `SELECT s.version, s.settled_at, s.reference FROM ledger.settlements s
  WHERE s.ledger_id = j.ledger_id AND s.seq = j.seq ORDER BY s.version DESC LIMIT 1`

export interface SettlementFact extends KnownSettlement {
  readonly seq: bigint
  readonly reason: string | undefined
}

/** Records settlements; what they settle is due no more. */
export async function insertSettlements(
  db: Db,
  ledgerId: bigint,
  facts: readonly SettlementFact[],
  recorded: { readonly at: number; readonly by: string },
): Promise<void> {
  if (facts.length === 0) return
  const values: unknown[] = [ledgerId, instant(recorded.at), recorded.by]
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', facts, (fact) => fact.seq),
      columnOf('version', 'int', facts, (fact) => fact.version),
      columnOf('settled_at', 'timestamptz', facts, (fact) => instant(fact.settledAt)),
      columnOf('reference', 'text', facts, (fact) => fact.reference),
      columnOf('reason', 'text', facts, (fact) => fact.reason),
    ],
    values,
  )
  await db.query(
    `INSERT INTO ledger.settlements (ledger_id, seq, version, settled_at, reference, reason, recorded_at, recorded_by)
     SELECT $1, seq, version, settled_at, reference, reason, $2, $3 FROM ${rows}`,
    values,
  )
  await db.query(
    'UPDATE ledger.dues SET open = false WHERE ledger_id = $1 AND seq = ANY($2::bigint[]) AND open',
    [ledgerId, facts.map((fact) => fact.seq)],
  )
}
