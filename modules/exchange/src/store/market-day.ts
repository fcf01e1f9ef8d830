import type { Db } from '@florin/kernel'
import type { Totals } from '@florin/orderbook'
import { historyCursor } from '../history/amend.ts'

/** Number of the last command that ended a trading day, at or before a command; 0 if there was none. */
export async function lastEndOfDay(db: Db, marketId: bigint, notAfter: number): Promise<number> {
  const [row] = await db.query<{ seq: bigint }>(
    `SELECT t.seq FROM exchange.inbox i JOIN exchange.taken t ON t.inbox_id = i.id
     WHERE i.market_id = $1 AND get_byte(i.command, 0) = 10 AND t.seq <= $2 ORDER BY i.id DESC LIMIT 1`,
    [marketId, notAfter],
  )
  return Number(row?.seq ?? 0)
}

/** What the history says of the trades after one command, and the command up to which it knows of any. */
export interface WrittenTrades {
  readonly seq: number
  readonly totals: Totals
}

interface TotalsRow {
  readonly seq: bigint
  readonly trades: number
  readonly quantity: bigint
  readonly value: bigint
  readonly open: number | null
  readonly high: number | null
  readonly low: number | null
}

/** Trades as they were made after the command `after` up to `until`, as far as the history is written. */
export async function writtenTrades(
  db: Db,
  marketId: bigint,
  after: number,
  until: number,
): Promise<WrittenTrades> {
  const [row] = await db.query<TotalsRow>(
    `WITH written AS (
       SELECT least(coalesce(max(seq), 0), $3::bigint) AS seq FROM exchange.cursors
       WHERE market_id = $1 AND name = $4
     ), before AS (
       -- Read backwards from the newest: no more than the trades that are asked for.
       SELECT trade FROM exchange.fills WHERE market_id = $1 AND seq <= $2 ORDER BY trade DESC LIMIT 1
     )
     SELECT w.seq, count(f.trade)::int AS trades, coalesce(sum(f.quantity), 0) AS quantity,
       coalesce(sum(f.price::numeric * f.quantity), 0) AS value,
       (array_agg(f.price ORDER BY f.trade) FILTER (WHERE f.trade IS NOT NULL))[1] AS open,
       max(f.price) AS high, min(f.price) AS low
     FROM written w LEFT JOIN exchange.fills f
       ON f.market_id = $1 AND f.trade > coalesce((SELECT trade FROM before), 0) AND f.seq <= w.seq
     GROUP BY w.seq`,
    [marketId, after, until, historyCursor],
  )
  if (row === undefined) throw new Error('A sum without a row')
  const { seq, trades, quantity, value, open, high, low } = row
  return { seq: Number(seq), totals: { trades, quantity: Number(quantity), value, open, high, low } }
}
