import type { Database } from '@florin/kernel'
import type { Engine } from '@florin/orderbook'
import type { Retold, RetoldTrade } from './retold.ts'

const rowsAtOnce = 50_000

/** What does not fit between a market told anew and what its followers wrote of it. */
export async function checkBooks(db: Database, marketId: bigint, retold: Retold): Promise<string[]> {
  return [
    ...(await checkTrades(db, marketId, retold.trades, fillRows)),
    ...(await checkTrades(db, marketId, retold.trades, settledRows)),
    ...(await checkTransactions(db, marketId, retold.trades.length)),
    ...(await checkCandles(db, marketId, retold.trades)),
    ...(await checkOrders(db, marketId, retold)),
    ...(await checkRecords(db, marketId, retold)),
  ]
}

const fillRows = `SELECT trade, seq, price, quantity, maker_account, taker_account FROM exchange.fills
  WHERE market_id = $1 AND trade > $2 ORDER BY trade LIMIT $3`
// An auction has no maker: the buyer stands there.
const settledRows = `SELECT trade, seq, price, quantity,
    CASE liquidity WHEN 'seller' THEN seller_id ELSE buyer_id END AS maker_account,
    CASE liquidity WHEN 'seller' THEN buyer_id ELSE seller_id END AS taker_account
  FROM exchange.settlements WHERE market_id = $1 AND trade > $2 ORDER BY trade LIMIT $3`

/** Each trade is there once, and as it was. */
async function checkTrades(
  db: Database,
  marketId: bigint,
  trades: readonly RetoldTrade[],
  rowsOf: string,
): Promise<string[]> {
  let at = 0
  for (;;) {
    const rows = await db.query<Record<keyof RetoldTrade, number | bigint>>(rowsOf, [
      marketId,
      trades[at - 1]?.trade ?? 0,
      rowsAtOnce,
    ])
    for (const row of rows) {
      const expected = textOf(trades[at++])
      if (textOf(row) !== expected) return [`A trade is ${textOf(row)} and was ${expected}`]
    }
    if (rows.length < rowsAtOnce) break
  }
  return at === trades.length ? [] : [`Of ${trades.length} trades ${at} are there (${rowsOf.slice(0, 40)} …)`]
}

function textOf(trade: Readonly<Record<keyof RetoldTrade, number | bigint>> | undefined): string {
  if (trade === undefined) return 'none'
  const { trade: number, seq, price, quantity, maker_account, taker_account } = trade
  return `${number} by ${seq}: ${quantity} at ${price} of ${maker_account} with ${taker_account}`
}

/** Every trade is one transaction of the ledger, and no other says that it is of this market's trades. */
async function checkTransactions(db: Database, marketId: bigint, trades: number): Promise<string[]> {
  const [row] = await db.query<{ single: bigint; all: bigint }>(
    `WITH trades AS (
       SELECT j.reference, count(*) AS times FROM exchange.markets m
       JOIN ledger.ledgers l ON l.name = m.ledger
       JOIN ledger.journal j ON j.ledger_id = l.id AND j.reference ~ ('^' || m.code || '/\\d+$')
         AND j.kind = 'transaction' AND j.refusal IS NULL
       WHERE m.id = $1 GROUP BY j.reference
     )
     SELECT count(*) FILTER (WHERE times = 1) AS single, coalesce(sum(times), 0)::bigint AS all FROM trades`,
    [marketId],
  )
  const { single, all } = row ?? { single: 0n, all: 0n }
  return single === BigInt(trades) && all === single
    ? []
    : [`${trades} trades are ${all} transactions; ${single} of them one each`]
}

/** Candles of each length come to all that was traded. */
async function checkCandles(
  db: Database,
  marketId: bigint,
  trades: readonly RetoldTrade[],
): Promise<string[]> {
  const rows = await db.query<{ interval_s: number; volume: bigint; trades: bigint }>(
    `SELECT interval_s, sum(volume)::bigint AS volume, sum(trades) AS trades FROM exchange.candles
     WHERE market_id = $1 GROUP BY interval_s`,
    [marketId],
  )
  const lots = BigInt(trades.reduce((sum, { quantity }) => sum + quantity, 0))
  return rows.flatMap((row) =>
    row.volume === lots && row.trades === BigInt(trades.length)
      ? []
      : [
          `Candles of ${row.interval_s} s have ${row.trades} trades and ${row.volume} lots, not ${trades.length} and ${lots}`,
        ],
  )
}

/** Orders that rest in the engine, and no others, are open in the history. */
async function checkOrders(db: Database, marketId: bigint, { engine, entered }: Retold): Promise<string[]> {
  const [row] = await db.query<{ orders: bigint; resting: bigint; leaves: bigint }>(
    `SELECT count(*) AS orders, count(*) FILTER (WHERE state = 'open') AS resting,
       coalesce(sum(leaves) FILTER (WHERE state = 'open'), 0)::bigint AS leaves
     FROM exchange.orders WHERE market_id = $1`,
    [marketId],
  )
  const resting = restingIn(engine)
  const expected = `${entered} orders, ${resting.orders} open with ${resting.lots} lots`
  const found = `${row?.orders} orders, ${row?.resting} open with ${row?.leaves} lots`
  return expected === found ? [] : [`The history has ${found}; there are ${expected}`]
}

/** The regulators' records tell of every order from its entry to its end, and of both sides of every trade. */
async function checkRecords(
  db: Database,
  marketId: bigint,
  { engine, entered, trades }: Retold,
): Promise<string[]> {
  const [row] = await db.query<{ entries: bigint; executions: bigint; resting: bigint; leaves: bigint }>(
    `WITH last AS (
       SELECT DISTINCT ON (order_id) leaves, active FROM exchange.order_records
       WHERE market_id = $1 AND order_id IS NOT NULL ORDER BY order_id, seq DESC, place DESC
     )
     SELECT (SELECT count(*) FROM exchange.order_records WHERE market_id = $1 AND event = 'NEWO') AS entries,
       (SELECT count(*) FROM exchange.order_records WHERE market_id = $1 AND trade IS NOT NULL) AS executions,
       count(*) FILTER (WHERE active AND leaves > 0) AS resting,
       coalesce(sum(leaves) FILTER (WHERE active), 0)::bigint AS leaves FROM last`,
    [marketId],
  )
  const resting = restingIn(engine)
  const expected = `${entered} entries, ${2 * trades.length} executions, ${resting.orders} open with ${resting.lots} lots`
  const found = `${row?.entries} entries, ${row?.executions} executions, ${row?.resting} open with ${row?.leaves} lots`
  return expected === found ? [] : [`The records have ${found}; there are ${expected}`]
}

/** Orders that rest in the book; stops that wait are not among them. */
function restingIn(engine: Engine): { orders: number; lots: number } {
  let orders = 0
  let lots = 0
  for (const side of [0, 1])
    engine.eachOrder(side, (_order, _slot, _account, _flags, _price, leaves) => {
      orders++
      lots += leaves
    })
  return { orders, lots }
}
