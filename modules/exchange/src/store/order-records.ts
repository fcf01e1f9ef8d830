import type { Db } from '@florin/kernel'
import type { EventCode, OrderEvent, PhaseEvent, RecordedOrder } from '../records/order-event.ts'
import { boolColumn, int4Column, int8Column, partsOf, textColumn } from './columns.ts'

interface EventRow {
  seq: bigint
  place: number
  event: EventCode
  order_id: bigint | null
  account_id: bigint
  session_id: bigint
  at_us: bigint
  received_us: bigint
  priority_us: bigint
  flags: number
  price: number | null
  stop: number
  display: number
  minimum: number
  expiry_s: bigint
  active: boolean
  initial: number
  executed: number
  leaves: number
  displayed: number
  lots: number
  trade: bigint | null
  trade_price: number | null
  liquidity: 'PASV' | 'AGRE' | null
  bid: number | null
  ask: number | null
  phase: number
  reason: number
}

const columns = `seq, place, event, order_id, account_id, session_id, at_us, received_us, priority_us, flags, price, stop,
  display, minimum, expiry_s, active, initial, executed, leaves, displayed, lots, trade, trade_price, liquidity, bid, ask,
  phase, reason`

/** Orders as they were left by their last event, by their ids. */
export async function recordedOrders(
  db: Db,
  marketId: bigint,
  ids: readonly number[],
): Promise<Map<number, RecordedOrder>> {
  if (ids.length === 0) return new Map()
  const rows = await db.query<EventRow>(
    `SELECT e.* FROM unnest($2::bigint[]) AS o (id), LATERAL (
       SELECT ${columns} FROM exchange.order_records WHERE market_id = $1 AND order_id = o.id
       ORDER BY seq DESC, place DESC LIMIT 1) e`,
    [marketId, ids],
  )
  return new Map(rows.map((row) => [Number(row.order_id), orderOf(row)]))
}

export async function insertOrderEvents(
  db: Db,
  marketId: bigint,
  events: readonly OrderEvent[],
): Promise<void> {
  for (const part of partsOf(events)) await insertPart(db, marketId, part)
}

async function insertPart(db: Db, marketId: bigint, events: readonly OrderEvent[]): Promise<void> {
  const of = <T>(value: (event: OrderEvent) => T): T[] => events.map(value)
  await db.send(
    `INSERT INTO exchange.order_records (market_id, ${columns})
     SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
       $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::int[], $14::int[], $15::int[], $16::bigint[], $17::boolean[],
       $18::int[], $19::int[], $20::int[], $21::int[], $22::int[], $23::bigint[], $24::int[], $25::text[], $26::int[],
       $27::int[], $28::int[], $29::int[])`,
    [
      marketId,
      int8Column(of((e) => e.seq)),
      int4Column(of((e) => e.place)),
      textColumn(of((e) => e.event)),
      int8Column(of((e) => e.orderId)),
      int8Column(of((e) => e.account)),
      int8Column(of((e) => e.session)),
      int8Column(of((e) => e.at_us)),
      int8Column(of((e) => e.received_us)),
      int8Column(of((e) => e.priority_us)),
      int4Column(of((e) => e.flags)),
      int4Column(of((e) => e.price)),
      int4Column(of((e) => e.stop)),
      int4Column(of((e) => e.display)),
      int4Column(of((e) => e.minimum)),
      int8Column(of((e) => e.expiry_s)),
      boolColumn(of((e) => e.active)),
      int4Column(of((e) => e.initial)),
      int4Column(of((e) => e.executed)),
      int4Column(of((e) => e.leaves)),
      int4Column(of((e) => e.displayed)),
      int4Column(of((e) => e.lots)),
      int8Column(of((e) => e.execution?.trade)),
      int4Column(of((e) => e.execution?.price)),
      textColumn(of((e) => e.execution?.liquidity)),
      int4Column(of((e) => e.execution?.bid)),
      int4Column(of((e) => e.execution?.ask)),
      int4Column(of((e) => e.phase)),
      int4Column(of((e) => e.reason)),
    ],
  )
}

export async function insertPhaseEvents(
  db: Db,
  marketId: bigint,
  events: readonly PhaseEvent[],
): Promise<void> {
  if (events.length === 0) return
  const of = <T>(value: (event: PhaseEvent) => T): T[] => events.map(value)
  await db.send(
    `INSERT INTO exchange.phase_events (market_id, seq, place, kind, at_us, phase, price, volume)
     SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::bigint[])`,
    [
      marketId,
      of((e) => e.seq),
      of((e) => e.place),
      of((e) => e.kind),
      of((e) => e.at_us),
      of((e) => e.phase),
      of((e) => e.price),
      of((e) => e.volume),
    ],
  )
}

/** An event with what was known around it. */
export interface StoredEvent {
  readonly event: OrderEvent
  /** Of the clock that gave its time. */
  readonly clock: string
  /** What the auction would have come to, if one was collecting. */
  readonly indicative: { readonly price: number | null; readonly volume: number } | undefined
}

interface StoredRow extends EventRow {
  clock: string | null
  indicative_price: number | null
  indicative_volume: bigint | null
}

/** A phase, an uncrossing or an indication, with the clock that gave its time. */
export interface StoredPhase {
  readonly event: PhaseEvent
  readonly clock: string
}

/** Of a time, in the order in which they happened. */
export async function storedPhases(
  db: Db,
  marketId: bigint,
  filter: Omit<EventFilter, 'orderId'>,
): Promise<StoredPhase[]> {
  const { from_us, until_us, after, limit } = filter
  const rows = await db.query<PhaseRow>(
    `SELECT e.seq, e.place, e.kind, e.at_us, e.phase, e.price, e.volume, c.clock FROM exchange.phase_events e
     LEFT JOIN LATERAL (
       SELECT clock FROM exchange.epochs WHERE market_id = $1 AND after_seq < e.seq ORDER BY epoch DESC LIMIT 1) c ON true
     WHERE e.market_id = $1 AND ($2::bigint IS NULL OR e.at_us >= $2) AND ($3::bigint IS NULL OR e.at_us < $3)
       AND ($4::bigint IS NULL OR (e.seq, e.place) > ($4, $5))
     ORDER BY e.seq, e.place LIMIT $6`,
    [marketId, from_us ?? null, until_us ?? null, after?.seq ?? null, after?.place ?? null, limit],
  )
  return rows.map(({ clock, seq, at_us, volume, ...rest }) => ({
    event: {
      ...rest,
      seq: Number(seq),
      at_us: Number(at_us),
      volume: volume === null ? null : Number(volume),
    },
    clock: clock ?? '',
  }))
}

interface PhaseRow extends Omit<PhaseEvent, 'seq' | 'at_us' | 'volume'> {
  readonly seq: bigint
  readonly at_us: bigint
  readonly volume: bigint | null
  readonly clock: string | null
}

/** Which events are meant; they come in the order in which they happened. */
export interface EventFilter {
  readonly orderId?: number
  /** Microseconds since 1970; to before `until_us`. */
  readonly from_us?: number
  readonly until_us?: number
  readonly after?: { readonly seq: number; readonly place: number }
  readonly limit: number
}

export async function storedEvents(db: Db, marketId: bigint, filter: EventFilter): Promise<StoredEvent[]> {
  const { orderId, from_us, until_us, after, limit } = filter
  const rows = await db.query<StoredRow>(
    `SELECT e.*, c.clock, i.price AS indicative_price, i.volume AS indicative_volume FROM (
       SELECT ${columns} FROM exchange.order_records WHERE market_id = $1 AND ($2::bigint IS NULL OR order_id = $2)
         AND ($3::bigint IS NULL OR at_us >= $3) AND ($4::bigint IS NULL OR at_us < $4)
         AND ($5::bigint IS NULL OR (seq, place) > ($5, $6))
       ORDER BY seq, place LIMIT $7) e
     LEFT JOIN LATERAL (
       SELECT clock FROM exchange.epochs WHERE market_id = $1 AND after_seq < e.seq ORDER BY epoch DESC LIMIT 1) c ON true
     LEFT JOIN LATERAL (
       SELECT kind, price, volume FROM exchange.phase_events WHERE market_id = $1 AND seq <= e.seq
       ORDER BY seq DESC, place DESC LIMIT 1) i ON i.kind = 'indicative'
     ORDER BY e.seq, e.place`,
    [
      marketId,
      orderId ?? null,
      from_us ?? null,
      until_us ?? null,
      after?.seq ?? null,
      after?.place ?? null,
      limit,
    ],
  )
  return rows.map((row) => ({
    event: eventOf(row),
    clock: row.clock ?? '',
    indicative:
      row.indicative_volume === null
        ? undefined
        : { price: row.indicative_price, volume: Number(row.indicative_volume) },
  }))
}

/** Executions of some trades, both sides of each. */
export async function executionsOf(
  db: Db,
  marketId: bigint,
  trades: readonly bigint[],
): Promise<OrderEvent[]> {
  const rows = await db.query<EventRow>(
    `SELECT ${columns} FROM exchange.order_records WHERE market_id = $1 AND trade = ANY($2) ORDER BY trade, seq, place`,
    [marketId, trades],
  )
  return rows.map(eventOf)
}

/** Executions of a time, both sides of each trade together. */
export async function executionsBetween(
  db: Db,
  marketId: bigint,
  from_us: number,
  until_us: number,
): Promise<OrderEvent[]> {
  const rows = await db.query<EventRow>(
    `SELECT ${columns} FROM exchange.order_records
     WHERE market_id = $1 AND at_us >= $2 AND at_us < $3 AND trade IS NOT NULL ORDER BY trade, seq, place`,
    [marketId, from_us, until_us],
  )
  return rows.map(eventOf)
}

/** The order as it was after an event, and nothing of the event. */
function orderOf(row: EventRow): RecordedOrder {
  return {
    orderId: row.order_id === null ? null : Number(row.order_id),
    account: Number(row.account_id),
    session: Number(row.session_id),
    flags: row.flags,
    price: row.price,
    stop: row.stop,
    display: row.display,
    minimum: row.minimum,
    expiry_s: Number(row.expiry_s),
    active: row.active,
    received_us: Number(row.received_us),
    priority_us: Number(row.priority_us),
    initial: row.initial,
    executed: row.executed,
    leaves: row.leaves,
    displayed: row.displayed,
  }
}

function eventOf(row: EventRow): OrderEvent {
  const { trade, trade_price, liquidity, bid, ask } = row
  return {
    ...orderOf(row),
    seq: Number(row.seq),
    place: row.place,
    event: row.event,
    at_us: Number(row.at_us),
    lots: row.lots,
    execution:
      trade === null || trade_price === null
        ? null
        : { trade: Number(trade), price: trade_price, liquidity, bid, ask },
    phase: row.phase,
    reason: row.reason,
  }
}
