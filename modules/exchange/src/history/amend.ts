import type { Db, Unit } from '@florin/kernel'
import { candleIntervals } from './candle-sums.ts'

export const historyCursor = 'history'

/**
 * Says in the history what a trade counts as from now on: `quantity` 0 when it was bust. Its candles are made anew. The
 * trade need not be in the history yet.
 *
 * @param price ticks
 * @param quantity lots
 */
export async function amendFill(
  unit: Unit,
  marketId: bigint,
  trade: number,
  price: number,
  quantity: number,
): Promise<void> {
  // In turn with whoever writes the history: else each could miss what the other writes.
  await unit.db.query(
    `INSERT INTO exchange.cursors (market_id, name, seq) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`,
    [marketId, historyCursor],
  )
  await unit.db.query('SELECT FROM exchange.cursors WHERE market_id = $1 AND name = $2 FOR NO KEY UPDATE', [
    marketId,
    historyCursor,
  ])
  await unit.db.query(
    `INSERT INTO exchange.fill_amendments (market_id, trade, version, price, quantity, amended_at)
     SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5 FROM exchange.fill_amendments
     WHERE market_id = $1 AND trade = $2`,
    [marketId, trade, price, quantity, new Date(unit.clock.now())],
  )
  await recomputeCandles(unit.db, marketId, [trade])
}

/** The fills of a market with what amendments made of them. */
export const fillsAsAmended = `SELECT f.market_id, f.trade, f.at, coalesce(a.price, f.price) AS price,
    coalesce(a.quantity, f.quantity) AS quantity
  FROM exchange.fills f LEFT JOIN LATERAL (
    SELECT price, quantity FROM exchange.fill_amendments a
    WHERE a.market_id = f.market_id AND a.trade = f.trade ORDER BY version DESC LIMIT 1
  ) a ON true`

const affected = `SELECT DISTINCT i.s AS interval_s, date_bin(make_interval(secs => i.s), f.at, timestamptz 'epoch') AS start
  FROM exchange.fills f CROSS JOIN unnest($3::int[]) AS i (s) WHERE f.market_id = $1 AND f.trade = ANY($2::int[])`

/** Makes the candles of these trades anew from all trades within them; those without any left go. */
export async function recomputeCandles(db: Db, marketId: bigint, trades: readonly number[]): Promise<void> {
  if (trades.length === 0) return
  const values = [marketId, trades, Object.values(candleIntervals)]
  await db.query(
    `DELETE FROM exchange.candles c USING (${affected}) a
     WHERE c.market_id = $1 AND c.interval_s = a.interval_s AND c.start = a.start`,
    values,
  )
  await db.query(
    `INSERT INTO exchange.candles (market_id, interval_s, start, open, high, low, close, volume, value, trades)
     SELECT $1, a.interval_s, a.start, (array_agg(f.price ORDER BY f.trade))[1], max(f.price), min(f.price),
       (array_agg(f.price ORDER BY f.trade DESC))[1], sum(f.quantity), sum(f.price::numeric * f.quantity), count(*)
     FROM (${affected}) a JOIN (${fillsAsAmended}) f ON f.market_id = $1 AND f.at >= a.start
       AND f.at < a.start + make_interval(secs => a.interval_s) AND f.quantity > 0
     GROUP BY a.interval_s, a.start`,
    values,
  )
}
