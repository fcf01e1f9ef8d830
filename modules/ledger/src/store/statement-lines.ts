import type { Db } from '@florin/kernel'
import { instant } from './rows.ts'

/** One side of a posting, as its account sees it. */
export interface StatementRow {
  readonly seq: bigint
  readonly line: number
  readonly booked_at: Date
  readonly value_time: Date
  readonly amount: bigint
  readonly side: 'debit' | 'credit'
  /** The account's totals after it, in booking order. */
  readonly debits: bigint
  readonly credits: bigint
  readonly transaction: string
  readonly kind: string
  readonly reference: string | null
  readonly description: string | null
  readonly counter_account: string
}

/** A place in a ledger's booking order. */
export interface Place {
  readonly seq: bigint
  readonly line: number
}

export interface Lines {
  readonly ledgerId: bigint
  readonly accountId: bigint
  readonly limit: number
}

/** Lines after a place up to a record, in booking order. Reads a page, by `postings_debit` and `postings_credit`. */
export async function linesByBooking(
  db: Db,
  { ledgerId, accountId, limit }: Lines,
  span: { readonly after: Place; readonly upTo: bigint },
): Promise<StatementRow[]> {
  const side = (name: Side): string => `(${columnsOf(name)} WHERE p.${name}_account = $2
    AND (p.seq, p.line) > ($4::bigint, $5::int) AND p.seq <= $6::bigint ORDER BY p.seq, p.line LIMIT $3)`
  return db.query<StatementRow>(
    `${described(`${side('debit')} UNION ALL ${side('credit')}`)} ORDER BY e.seq, e.line LIMIT $3`,
    [ledgerId, accountId, limit, span.after.seq, span.after.line, span.upTo],
  )
}

/** A place in value order; its time in epoch milliseconds. */
export interface ValuePlace extends Place {
  readonly valueTime: number
}

export interface ValueSpan {
  /** Only lines after it. */
  readonly after: ValuePlace
  /** Only value times up to this one, epoch milliseconds. */
  readonly last: number
  /** Only what the records up to this one say. */
  readonly asOf: bigint
  /** What was booked as it happened lies between these, which are `after` and `last` in booking order. */
  readonly punctual: { readonly after: Place; readonly upTo: bigint }
}

/**
 * Lines in value order: two streams that are each in this order by an index, merged. What was booked as it happened
 * (value time = booking time) is in value order already where it is in booking order; the others have an index of
 * their own. The first stream is read no further than the page of the second one reaches, so a page reads a page, and
 * besides only the shifted lines that were booked in the time that it covers.
 */
export async function linesByValue(
  db: Db,
  { ledgerId, accountId, limit }: Lines,
  { after, last, asOf, punctual }: ValueSpan,
): Promise<StatementRow[]> {
  const shifted = (name: Side): string => `(${columnsOf(name)} WHERE p.${name}_account = $2
    AND p.value_time <> p.booked_at AND (p.value_time, p.seq, p.line) > ($4::timestamptz, $5::bigint, $6::int)
    AND p.value_time <= $7::timestamptz AND p.seq <= $8::bigint ORDER BY p.value_time, p.seq, p.line LIMIT $3)`
  const punctually = (name: Side): string => `(${columnsOf(name)} WHERE p.${name}_account = $2
    AND p.value_time = p.booked_at AND (p.seq, p.line) > ($9::bigint, $10::int)
    AND p.seq <= (SELECT seq FROM reach) ORDER BY p.seq, p.line LIMIT $3)`
  return db.query<StatementRow>(
    `WITH shifted AS MATERIALIZED (
       SELECT * FROM (${shifted('debit')} UNION ALL ${shifted('credit')}) s ORDER BY value_time, seq, line LIMIT $3),
     reach AS MATERIALIZED (
       SELECT CASE WHEN count(*) < $3 THEN $11::bigint
         ELSE least($11::bigint, ledger.seq_at($1, max(value_time))) END AS seq FROM shifted)
     ${described(`SELECT * FROM shifted UNION ALL ${punctually('debit')} UNION ALL ${punctually('credit')}`)}
     ORDER BY e.value_time, e.seq, e.line LIMIT $3`,
    [
      ledgerId,
      accountId,
      limit,
      instant(after.valueTime),
      after.seq,
      after.line,
      instant(last),
      asOf,
      punctual.after.seq,
      punctual.after.line,
      punctual.upTo,
    ],
  )
}

/** The first instant that PostgreSQL and ISO 8601 write alike, epoch milliseconds. */
export const firstInstant = Date.parse('0001-01-01T00:00:00.000Z')

/** The last record booked at or before each of these times (epoch milliseconds), 0 if none. */
export async function seqsUpTo(db: Db, ledgerId: bigint, times: readonly number[]): Promise<bigint[]> {
  const rows = await db.query<{ seq: bigint }>(
    `SELECT coalesce(ledger.seq_at($1, t.at), 0) AS seq FROM unnest($2::timestamptz[]) WITH ORDINALITY AS t(at, i) ORDER BY t.i`,
    [ledgerId, times.map((time) => (time < firstInstant ? null : instant(time)))],
  )
  return rows.map((row) => row.seq)
}

type Side = 'debit' | 'credit'

function columnsOf(name: Side): string {
  const other = name === 'debit' ? 'credit' : 'debit'
  return `SELECT p.seq, p.line, p.booked_at, p.value_time, p.amount, '${name}' AS side, p.${other}_account AS counter,
    p.${name}_debits AS debits, p.${name}_credits AS credits FROM ledger.postings p`
}

/** Lines with what the journal says about them; $1 is the ledger. */
function described(lines: string): string {
  return `SELECT e.*, j.id AS transaction, j.kind, j.reference, j.description, c.address AS counter_account
    FROM (${lines}) e JOIN ledger.journal j ON j.ledger_id = $1 AND j.seq = e.seq
    JOIN ledger.accounts c ON c.id = e.counter`
}
