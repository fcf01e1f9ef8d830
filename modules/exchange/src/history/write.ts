import type { Db } from '@florin/kernel'
import { int4Column, int8Column, microsColumn, partsOf, textColumn } from '../store/columns.ts'
import { recomputeCandles } from './amend.ts'
import type { FillRow, HistoryBatch } from './batch.ts'
import type { CandleSum } from './candle-sums.ts'
import { type Entered, type OrderChange, storedPrice } from './order-states.ts'

/** Writes what a batch came to. */
export async function writeBatch(db: Db, marketId: bigint, batch: HistoryBatch): Promise<void> {
  const changes = [...batch.orders.changes.values()]
  for (const part of partsOf(changes.filter(isEntered)))
    await db.send(insertOrders, [marketId, ...orderColumns(part)])
  for (const part of partsOf(changes.filter((change) => change.entered === undefined)))
    await db.send(updateOrders, [marketId, ...changeColumns(part)])
  if (batch.fills.length === 0) return
  for (const part of partsOf(batch.fills)) await db.send(insertFills, [marketId, ...fillColumns(part)])
  void db.send(mergeCandles, [marketId, ...candleColumns(batch.candles.all())])
  await recomputeCandles(db, marketId, await amendedAmong(db, marketId, batch.fills))
}

type EnteredChange = OrderChange & { readonly entered: Entered }

function isEntered(change: OrderChange): change is EnteredChange {
  return change.entered !== undefined
}

const insertOrders = `INSERT INTO exchange.orders (market_id, number, slot, account_id, session_id, client_id, flags, price,
    stop, display, minimum, expires, quantity, executed, value, leaves, state, reason, entered_seq, entered_at, changed_seq, changed_at)
  SELECT $1, number, slot, account, session, nullif(client, 0), flags, price, stop, display, minimum, expires, quantity,
    executed, value, leaves, state, reason, entered_seq, entered_at, changed_seq, changed_at
  FROM unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::int[], $9::int[], $10::int[],
    $11::int[], $12::bigint[], $13::int[], $14::int[], $15::bigint[], $16::int[], $17::text[], $18::int[], $19::bigint[],
    $20::timestamptz[], $21::bigint[], $22::timestamptz[])
    AS o (number, slot, account, session, client, flags, price, stop, display, minimum, expires, quantity, executed, value,
      leaves, state, reason, entered_seq, entered_at, changed_seq, changed_at)`

function orderColumns(changes: readonly EnteredChange[]): Buffer[] {
  return [
    int4Column(changes.map(({ number }) => number)),
    int4Column(changes.map(({ entered }) => entered.slot)),
    int8Column(changes.map(({ entered }) => entered.account)),
    int8Column(changes.map(({ entered }) => entered.session)),
    int8Column(changes.map(({ entered }) => entered.clientId)),
    int4Column(changes.map(({ entered }) => entered.flags)),
    int4Column(changes.map(({ price }) => storedPrice(price))),
    int4Column(changes.map(({ stop }) => stop)),
    int4Column(changes.map(({ entered }) => entered.display)),
    int4Column(changes.map(({ entered }) => entered.minimum)),
    int8Column(changes.map(({ entered }) => entered.expires)),
    int4Column(changes.map(({ quantity }) => quantity)),
    int4Column(changes.map(({ executed }) => executed)),
    int8Column(changes.map(({ value }) => value)),
    int4Column(changes.map(({ leaves }) => leaves)),
    textColumn(changes.map(({ state }) => state)),
    int4Column(changes.map(({ reason }) => reason)),
    int8Column(changes.map(({ entered }) => entered.seq)),
    microsColumn(changes.map(({ entered }) => entered.at)),
    int8Column(changes.map(({ seq }) => seq)),
    microsColumn(changes.map(({ at }) => at)),
  ]
}

const updateOrders = `UPDATE exchange.orders o SET
    price = coalesce(c.price, o.price), stop = coalesce(c.stop, o.stop), quantity = coalesce(c.quantity, o.quantity),
    executed = o.executed + c.executed, value = o.value + c.value, leaves = coalesce(c.leaves, o.leaves),
    state = coalesce(c.state, o.state), reason = c.reason, changed_seq = c.seq, changed_at = c.at
  FROM unnest($2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::int[], $9::text[], $10::int[],
    $11::bigint[], $12::timestamptz[]) AS c (number, price, stop, quantity, executed, value, leaves, state, reason, seq, at)
  WHERE o.market_id = $1 AND o.number = c.number`

function changeColumns(changes: readonly OrderChange[]): Buffer[] {
  return [
    int4Column(changes.map(({ number }) => number)),
    int4Column(changes.map(({ price }) => storedPrice(price))),
    int4Column(changes.map(({ stop }) => stop)),
    int4Column(changes.map(({ quantity }) => quantity)),
    int4Column(changes.map(({ executed }) => executed)),
    int8Column(changes.map(({ value }) => value)),
    int4Column(changes.map(({ leaves }) => leaves)),
    textColumn(changes.map(({ state }) => state)),
    int4Column(changes.map(({ reason }) => reason)),
    int8Column(changes.map(({ seq }) => seq)),
    microsColumn(changes.map(({ at }) => at)),
  ]
}

const insertFills = `INSERT INTO exchange.fills (market_id, trade, seq, at, price, quantity, side, maker_order, maker_slot,
    maker_account, taker_order, taker_slot, taker_account)
  SELECT $1, trade, seq, at, price, quantity, side, maker_order, maker_slot, maker_account, taker_order,
    taker_slot, taker_account
  FROM unnest($2::int[], $3::bigint[], $4::timestamptz[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[],
    $10::bigint[], $11::int[], $12::int[], $13::bigint[])
    AS f (trade, seq, at, price, quantity, side, maker_order, maker_slot, maker_account, taker_order, taker_slot,
      taker_account)`

function fillColumns(fills: readonly FillRow[]): Buffer[] {
  return [
    int4Column(fills.map(({ trade }) => trade)),
    int8Column(fills.map(({ seq }) => seq)),
    microsColumn(fills.map(({ at }) => at)),
    int4Column(fills.map(({ price }) => price)),
    int4Column(fills.map(({ quantity }) => quantity)),
    int4Column(fills.map(({ side }) => side)),
    int4Column(fills.map(({ makerOrder }) => makerOrder)),
    int4Column(fills.map(({ makerSlot }) => makerSlot)),
    int8Column(fills.map(({ makerAccount }) => makerAccount)),
    int4Column(fills.map(({ takerOrder }) => takerOrder)),
    int4Column(fills.map(({ takerSlot }) => takerSlot)),
    int8Column(fills.map(({ takerAccount }) => takerAccount)),
  ]
}

const mergeCandles = `INSERT INTO exchange.candles AS c (market_id, interval_s, start, open, high, low, close, volume, value, trades)
  SELECT $1, interval_s, to_timestamp(start), open, high, low, close, volume, value, trades
  FROM unnest($2::int[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::int[], $8::bigint[], $9::numeric[], $10::int[])
    AS n (interval_s, start, open, high, low, close, volume, value, trades)
  ON CONFLICT (market_id, interval_s, start) DO UPDATE SET
    high = greatest(c.high, excluded.high), low = least(c.low, excluded.low), close = excluded.close,
    volume = c.volume + excluded.volume, value = c.value + excluded.value, trades = c.trades + excluded.trades`

function candleColumns(candles: readonly CandleSum[]): unknown[] {
  return [
    candles.map(({ intervalS }) => intervalS),
    candles.map(({ startS }) => startS),
    candles.map(({ open }) => open),
    candles.map(({ high }) => high),
    candles.map(({ low }) => low),
    candles.map(({ close }) => close),
    candles.map(({ volume }) => volume),
    candles.map(({ value }) => value),
    candles.map(({ trades }) => trades),
  ]
}

/** Trades may be bust before they are in the history. */
async function amendedAmong(db: Db, marketId: bigint, fills: readonly FillRow[]): Promise<number[]> {
  const rows = await db.query<{ trade: number }>(
    'SELECT DISTINCT trade FROM exchange.fill_amendments WHERE market_id = $1 AND trade BETWEEN $2 AND $3',
    [marketId, fills[0]?.trade ?? 0, fills.at(-1)?.trade ?? 0],
  )
  return rows.map(({ trade }) => trade)
}
