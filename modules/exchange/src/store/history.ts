import type { Db } from '@florin/kernel'
import { fillsAsAmended } from '../history/amend.ts'

/** Microseconds since 1970, as the engine had them. */
const micros = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::bigint`

export interface OrderRow {
  readonly number: number
  readonly slot: number
  readonly account_id: bigint
  readonly account: string
  readonly session: string | null
  readonly client_id: bigint | null
  readonly flags: number
  readonly price: number | null
  readonly stop: number
  readonly display: number
  readonly minimum: number
  readonly expires: bigint
  readonly quantity: number
  readonly executed: number
  readonly value: bigint
  readonly leaves: number
  readonly state: 'open' | 'held' | 'filled' | 'removed'
  readonly reason: number
  readonly entered_seq: bigint
  readonly entered_us: bigint
  readonly changed_seq: bigint
  readonly changed_us: bigint
  /** That entered it. */
  readonly liquidation: string | null
}

const orders = `SELECT o.number, o.slot, o.account_id, a.code AS account, s.code AS session, o.client_id, o.flags, o.price,
    o.stop, o.display, o.minimum, o.expires, o.quantity, o.executed, o.value, o.leaves, o.state, o.reason, o.entered_seq,
    ${micros('o.entered_at')} AS entered_us, o.changed_seq, ${micros('o.changed_at')} AS changed_us,
    (SELECT i.origin->>'liquidation' FROM exchange.taken t JOIN exchange.inbox i ON i.id = t.inbox_id
     WHERE t.market_id = o.market_id AND t.seq = o.entered_seq) AS liquidation
  FROM exchange.orders o JOIN exchange.accounts a ON a.id = o.account_id
  LEFT JOIN exchange.sessions s ON s.id = o.session_id`

export async function findOrder(db: Db, marketId: bigint, number: number): Promise<OrderRow | undefined> {
  const [row] = await db.query<OrderRow>(`${orders} WHERE o.market_id = $1 AND o.number = $2`, [
    marketId,
    number,
  ])
  return row
}

/** Orders of an account in the order of their entry, after the number `after`. */
export async function listOrders(
  db: Db,
  marketId: bigint,
  filter: {
    readonly account: bigint
    readonly alive: boolean | undefined
    readonly clientId: number | undefined
  },
  after: string,
  limit: number,
): Promise<OrderRow[]> {
  return db.query<OrderRow>(
    `${orders} WHERE o.market_id = $1 AND o.account_id = $2 AND o.number > $3
       AND ($4::boolean IS NULL OR (o.state IN ('open', 'held')) = $4) AND ($5::bigint IS NULL OR o.client_id = $5)
     ORDER BY o.number LIMIT $6`,
    [marketId, filter.account, after, filter.alive ?? null, filter.clientId ?? null, limit],
  )
}

export interface FillViewRow {
  readonly trade: number
  readonly seq: bigint
  readonly at_us: bigint
  readonly price: number
  readonly quantity: number
  /** As amended. */
  readonly price_now: number
  readonly quantity_now: number
  readonly side: number
  readonly maker_order: number
  readonly maker_slot: number
  readonly maker_account: bigint
  readonly taker_order: number
  readonly taker_slot: number
  readonly taker_account: bigint
}

/** Trades in which the account took part, in their order, after the number `after`. */
export async function listFills(
  db: Db,
  marketId: bigint,
  account: bigint,
  after: string,
  limit: number,
): Promise<FillViewRow[]> {
  return db.query<FillViewRow>(
    `SELECT f.trade, f.seq, ${micros('f.at')} AS at_us, f.price, f.quantity, n.price AS price_now,
       n.quantity AS quantity_now, f.side, f.maker_order, f.maker_slot, f.maker_account, f.taker_order, f.taker_slot,
       f.taker_account
     FROM exchange.fills f JOIN (${fillsAsAmended}) n ON n.market_id = f.market_id AND n.trade = f.trade
     WHERE f.market_id = $1 AND (f.maker_account = $2 OR f.taker_account = $2) AND f.trade > $3
     ORDER BY f.trade LIMIT $4`,
    [marketId, account, after, limit],
  )
}

export interface CandleRow {
  readonly start: Date
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: bigint
  readonly value: bigint
  readonly trades: number
}

/** Candles of a length in the order of time, from `from` (inclusive, ISO) to `to` (exclusive), after `after`. */
export async function listCandles(
  db: Db,
  marketId: bigint,
  intervalS: number,
  range: { readonly from: string | null; readonly to: string | null },
  after: string | null,
  limit: number,
): Promise<CandleRow[]> {
  return db.query<CandleRow>(
    `SELECT start, open, high, low, close, volume, value, trades FROM exchange.candles
     WHERE market_id = $1 AND interval_s = $2 AND ($3::timestamptz IS NULL OR start >= $3)
       AND ($4::timestamptz IS NULL OR start < $4)
       AND ($5::bigint IS NULL OR start > to_timestamp($5::bigint)) ORDER BY start LIMIT $6`,
    [marketId, intervalS, range.from, range.to, after, limit],
  )
}
