import type { Db } from '@florin/kernel'
import type { Trade } from '../domain/trades.ts'

/** `nothing`: it moved nothing in the ledger. */
export type SettlementStatus = 'booked' | 'forced' | 'refused' | 'nothing' | 'bust'

/** Why the ledger would not book something as it was. */
export interface StoredRefusal {
  readonly code: string
  readonly message: string
  /** The account in the ledger that stood in the way. */
  readonly account?: string | undefined
}

/** A trade with what it cost. Fees in minor units of the quote. */
export interface PricedTrade extends Trade {
  readonly buyerFee: bigint
  readonly sellerFee: bigint
  /** Such as `2026-02-03`. */
  readonly due: string
}

/** A trade as it was booked. */
export interface Settlement extends PricedTrade {
  readonly status: SettlementStatus
  readonly transaction: string | undefined
  readonly refusal: StoredRefusal | undefined
  /** Epoch milliseconds. */
  readonly settledAt: number | undefined
}

interface SettlementRow {
  trade: bigint
  seq: bigint
  traded_us: bigint
  buyer_id: bigint
  seller_id: bigint
  liquidity: Trade['resting']
  price: number
  quantity: number
  buyer_fee: bigint
  seller_fee: bigint
  due: string
  status: SettlementStatus
  transaction: string | null
  refusal: StoredRefusal | null
  settled_at: Date | null
}

const columns = `trade, seq, (extract(epoch FROM traded_at) * 1000000)::bigint AS traded_us, buyer_id, seller_id, liquidity,
  price, quantity, buyer_fee, seller_fee, to_char(due, 'YYYY-MM-DD') AS due, status, transaction, refusal, settled_at`

export async function insertSettlements(
  db: Db,
  marketId: bigint,
  settlements: readonly Omit<Settlement, 'settledAt'>[],
): Promise<void> {
  if (settlements.length === 0) return
  const of = <T>(value: (one: Omit<Settlement, 'settledAt'>) => T): T[] => settlements.map(value)
  await db.send(
    `INSERT INTO exchange.settlements (market_id, trade, seq, traded_at, buyer_id, seller_id, liquidity, price, quantity,
       buyer_fee, seller_fee, due, status, transaction, refusal)
     SELECT $1, s.trade, s.seq, to_timestamp(s.us / 1000000) + s.us % 1000000 * interval '1 microsecond', s.buyer, s.seller,
       s.liquidity, s.price, s.quantity, s.buyer_fee, s.seller_fee, s.due, s.status, s.transaction, s.refusal
     FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::int[], $9::int[],
       $10::numeric[], $11::numeric[], $12::date[], $13::text[], $14::uuid[], $15::jsonb[])
       AS s (trade, seq, us, buyer, seller, liquidity, price, quantity, buyer_fee, seller_fee, due, status, transaction, refusal)`,
    [
      marketId,
      of((s) => s.number),
      of((s) => s.seq),
      of((s) => s.timeUs),
      of((s) => s.buyer),
      of((s) => s.seller),
      of((s) => s.resting),
      of((s) => s.price),
      of((s) => s.quantity),
      of((s) => s.buyerFee),
      of((s) => s.sellerFee),
      of((s) => s.due),
      of((s) => s.status),
      of((s) => s.transaction ?? null),
      of((s) => (s.refusal === undefined ? null : JSON.stringify(s.refusal))),
    ],
  )
}

/** Writes down what became of a trade since it was first booked. */
export async function updateSettlement(db: Db, marketId: bigint, after: Settlement): Promise<void> {
  await db.query(
    'UPDATE exchange.settlements SET status = $3, transaction = $4, refusal = $5 WHERE market_id = $1 AND trade = $2',
    [
      marketId,
      after.number,
      after.status,
      after.transaction ?? null,
      after.refusal === undefined ? null : JSON.stringify(after.refusal),
    ],
  )
}

/** The settlement of a trade, locked: whoever amends it or books it again takes turns. */
export async function lockSettlement(
  db: Db,
  marketId: bigint,
  trade: number,
): Promise<Settlement | undefined> {
  const [row] = await db.query<SettlementRow>(
    `SELECT ${columns} FROM exchange.settlements WHERE market_id = $1 AND trade = $2 FOR NO KEY UPDATE`,
    [marketId, trade],
  )
  return row === undefined ? undefined : settlementOf(row)
}

/** The settlements of these trades, by number. */
export async function settlementsOf(
  db: Db,
  marketId: bigint,
  trades: readonly number[],
): Promise<Map<number, Settlement>> {
  const rows = await db.query<SettlementRow>(
    `SELECT ${columns} FROM exchange.settlements WHERE market_id = $1 AND trade = ANY($2::bigint[])`,
    [marketId, trades],
  )
  return new Map(rows.map((row) => [Number(row.trade), settlementOf(row)]))
}

/** How many trades of a market are settled. */
export async function countSettlements(db: Db, marketId: bigint, afterSeq: number): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(
    'SELECT count(*) AS count FROM exchange.settlements WHERE market_id = $1 AND seq > $2',
    [marketId, afterSeq],
  )
  return Number(row?.count ?? 0n)
}

/** In the order of the trades, after `after`. */
export async function listSettlements(
  db: Db,
  marketId: bigint,
  filter: { readonly account?: bigint | undefined; readonly status?: string | undefined },
  after: number,
  limit: number,
): Promise<Settlement[]> {
  const rows = await db.query<SettlementRow>(
    `SELECT ${columns} FROM exchange.settlements
     WHERE market_id = $1 AND trade > $2 AND ($3::bigint IS NULL OR buyer_id = $3 OR seller_id = $3)
       AND ($4::text IS NULL OR status = $4) ORDER BY trade LIMIT $5`,
    [marketId, after, filter.account ?? null, filter.status ?? null, limit],
  )
  return rows.map(settlementOf)
}

/** Booked trades that are due by a day and not settled yet, the oldest first. */
export async function dueSettlements(
  db: Db,
  marketId: bigint,
  day: string,
  limit: number,
): Promise<Settlement[]> {
  const rows = await db.query<SettlementRow>(
    `SELECT ${columns} FROM exchange.settlements
     WHERE market_id = $1 AND due <= $2::date AND settled_at IS NULL AND status IN ('booked', 'forced')
     ORDER BY due, trade LIMIT $3`,
    [marketId, day, limit],
  )
  return rows.map(settlementOf)
}

export async function markSettled(
  db: Db,
  marketId: bigint,
  trades: readonly number[],
  at: number,
): Promise<void> {
  await db.send(
    'UPDATE exchange.settlements SET settled_at = $3 WHERE market_id = $1 AND trade = ANY($2::bigint[])',
    [marketId, trades, new Date(at)],
  )
}

function settlementOf(row: SettlementRow): Settlement {
  return {
    number: Number(row.trade),
    seq: Number(row.seq),
    timeUs: Number(row.traded_us),
    price: row.price,
    quantity: row.quantity,
    buyer: Number(row.buyer_id),
    seller: Number(row.seller_id),
    resting: row.liquidity,
    buyerFee: row.buyer_fee,
    sellerFee: row.seller_fee,
    due: row.due,
    status: row.status,
    transaction: row.transaction ?? undefined,
    refusal: row.refusal ?? undefined,
    settledAt: row.settled_at?.getTime(),
  }
}
