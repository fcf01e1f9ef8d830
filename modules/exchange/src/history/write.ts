import type { Db } from '@florin/kernel'
import { recomputeCandles } from './amend.ts'
import type { FillRow, HistoryBatch, OrderEventRow } from './batch.ts'
import type { CandleSum } from './candle-sums.ts'
import { type Entered, type OrderChange, storedPrice } from './order-states.ts'

/** Microseconds since 1970 as a timestamp; exact below 2^53. */
const stamp = (column: string): string => `timestamptz 'epoch' + ${column} * interval '1 microsecond'`

/** Writes what a batch came to; each table in one statement. */
export async function writeBatch(db: Db, marketId: bigint, batch: HistoryBatch): Promise<void> {
  const changes = [...batch.orders.changes.values()]
  const entered = changes.filter(isEntered)
  if (entered.length > 0) void db.send(insertOrders, [marketId, ...orderColumns(entered)])
  const changed = changes.filter((change) => change.entered === undefined)
  if (changed.length > 0) void db.send(updateOrders, [marketId, ...changeColumns(changed)])
  if (batch.events.length > 0) void db.send(insertEvents, [marketId, ...eventColumns(batch.events)])
  if (batch.fills.length === 0) return
  void db.send(insertFills, [marketId, ...fillColumns(batch.fills)])
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
    executed, value, leaves, state, reason, entered_seq, ${stamp('entered_at')}, changed_seq, ${stamp('changed_at')}
  FROM unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::int[], $9::int[], $10::int[],
    $11::int[], $12::bigint[], $13::int[], $14::int[], $15::bigint[], $16::int[], $17::text[], $18::int[], $19::bigint[],
    $20::bigint[], $21::bigint[], $22::bigint[])
    AS o (number, slot, account, session, client, flags, price, stop, display, minimum, expires, quantity, executed, value,
      leaves, state, reason, entered_seq, entered_at, changed_seq, changed_at)`

function orderColumns(changes: readonly EnteredChange[]): unknown[] {
  return [
    changes.map(({ number }) => number),
    changes.map(({ entered }) => entered.slot),
    changes.map(({ entered }) => entered.account),
    changes.map(({ entered }) => entered.session),
    changes.map(({ entered }) => entered.clientId),
    changes.map(({ entered }) => entered.flags),
    changes.map(({ price }) => storedPrice(price)),
    changes.map(({ stop }) => stop),
    changes.map(({ entered }) => entered.display),
    changes.map(({ entered }) => entered.minimum),
    changes.map(({ entered }) => entered.expires),
    changes.map(({ quantity }) => quantity),
    changes.map(({ executed }) => executed),
    changes.map(({ value }) => value),
    changes.map(({ leaves }) => leaves),
    changes.map(({ state }) => state),
    changes.map(({ reason }) => reason),
    changes.map(({ entered }) => entered.seq),
    changes.map(({ entered }) => entered.at),
    changes.map(({ seq }) => seq),
    changes.map(({ at }) => at),
  ]
}

const updateOrders = `UPDATE exchange.orders o SET
    price = coalesce(c.price, o.price), stop = coalesce(c.stop, o.stop), quantity = coalesce(c.quantity, o.quantity),
    executed = o.executed + c.executed, value = o.value + c.value, leaves = coalesce(c.leaves, o.leaves),
    state = coalesce(c.state, o.state), reason = c.reason, changed_seq = c.seq, changed_at = ${stamp('c.at')}
  FROM unnest($2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::int[], $9::text[], $10::int[],
    $11::bigint[], $12::bigint[]) AS c (number, price, stop, quantity, executed, value, leaves, state, reason, seq, at)
  WHERE o.market_id = $1 AND o.number = c.number`

function changeColumns(changes: readonly OrderChange[]): unknown[] {
  return [
    changes.map(({ number }) => number),
    changes.map(({ price }) => storedPrice(price)),
    changes.map(({ stop }) => stop ?? null),
    changes.map(({ quantity }) => quantity ?? null),
    changes.map(({ executed }) => executed),
    changes.map(({ value }) => value),
    changes.map(({ leaves }) => leaves ?? null),
    changes.map(({ state }) => state ?? null),
    changes.map(({ reason }) => reason),
    changes.map(({ seq }) => seq),
    changes.map(({ at }) => at),
  ]
}

const insertEvents = `INSERT INTO exchange.order_events (market_id, seq, part, at, number, account_id, kind, command, reason,
    price, quantity, leaves, trade)
  SELECT $1, seq, part, ${stamp('at')}, number, account, kind, command, reason, price, quantity, leaves, trade
  FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::int[], $6::bigint[], $7::int[], $8::int[], $9::int[], $10::int[],
    $11::int[], $12::int[], $13::int[])
    AS e (seq, part, at, number, account, kind, command, reason, price, quantity, leaves, trade)`

function eventColumns(events: readonly OrderEventRow[]): unknown[] {
  return [
    events.map(({ seq }) => seq),
    events.map(({ part }) => part),
    events.map(({ at }) => at),
    events.map(({ number }) => number),
    events.map(({ account }) => account),
    events.map(({ kind }) => kind),
    events.map(({ command }) => command),
    events.map(({ reason }) => reason),
    events.map(({ price }) => storedPrice(price)),
    events.map(({ quantity }) => quantity),
    events.map(({ leaves }) => leaves),
    events.map(({ trade }) => trade),
  ]
}

const insertFills = `INSERT INTO exchange.fills (market_id, trade, seq, at, price, quantity, side, maker_order, maker_slot,
    maker_account, taker_order, taker_slot, taker_account)
  SELECT $1, trade, seq, ${stamp('at')}, price, quantity, side, maker_order, maker_slot, maker_account, taker_order,
    taker_slot, taker_account
  FROM unnest($2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::bigint[],
    $11::int[], $12::int[], $13::bigint[])
    AS f (trade, seq, at, price, quantity, side, maker_order, maker_slot, maker_account, taker_order, taker_slot,
      taker_account)`

function fillColumns(fills: readonly FillRow[]): unknown[] {
  return [
    fills.map(({ trade }) => trade),
    fills.map(({ seq }) => seq),
    fills.map(({ at }) => at),
    fills.map(({ price }) => price),
    fills.map(({ quantity }) => quantity),
    fills.map(({ side }) => side),
    fills.map(({ makerOrder }) => makerOrder),
    fills.map(({ makerSlot }) => makerSlot),
    fills.map(({ makerAccount }) => makerAccount),
    fills.map(({ takerOrder }) => takerOrder),
    fills.map(({ takerSlot }) => takerSlot),
    fills.map(({ takerAccount }) => takerAccount),
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
