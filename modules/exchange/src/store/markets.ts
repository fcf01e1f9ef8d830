import { type Db, Refusal } from '@florin/kernel'
import { type MarketConfig, rulesVersion } from '@florin/orderbook'
import type { Units } from '../domain/units.ts'

/** A market as it was opened. Nothing of it ever changes; what may change is a setting of its engine. */
export interface MarketRecord extends Units {
  /** From 1; its number wherever a text would be too long. */
  readonly id: bigint
  readonly code: string
  readonly instrument: string
  readonly quote: string
  readonly ledger: string
  /** Business days from trade to settlement. */
  readonly settlementDays: number
  readonly config: MarketConfig
  readonly openedAt: Date
  readonly openedBy: string
}

interface MarketRow {
  id: bigint
  code: string
  instrument: string
  quote: string
  ledger: string
  tick: string
  lot: string
  tick_value: bigint
  lot_units: bigint
  quote_exponent: number
  settlement_days: number
  config: MarketConfig
  opened_at: Date
  opened_by: string
}

const columns = `id, code, instrument, quote, ledger, tick, lot, tick_value, lot_units, quote_exponent, settlement_days, config,
  opened_at, opened_by`

/**
 * The market of a code.
 *
 * @throws Refusal `market_not_found`
 */
export async function findMarket(db: Db, code: string): Promise<MarketRecord> {
  const market = await read(db, 'code = $1', code)
  if (market === undefined)
    throw new Refusal('market_not_found', `There is no market "${code}"`, { market: code })
  return market
}

/** The market of a number; throws where there is none, since numbers come from here. */
export async function marketOf(db: Db, id: bigint): Promise<MarketRecord> {
  const market = await read(db, 'id = $1', id)
  if (market === undefined) throw new Error(`There is no market ${id}`)
  return market
}

/** All markets in the order of their codes, after `after`. */
export async function listMarkets(db: Db, after = '', limit = 1_000_000): Promise<MarketRecord[]> {
  const rows = await db.query<MarketRow>(
    `SELECT ${columns} FROM exchange.markets WHERE code COLLATE "C" > $1 ORDER BY code COLLATE "C" LIMIT $2`,
    [after, limit],
  )
  return rows.map((row) => recordOf(row))
}

export async function marketExists(db: Db, code: string): Promise<boolean> {
  return (await db.query('SELECT FROM exchange.markets WHERE code = $1', [code])).length > 0
}

/** Writes a new market down and gives its number. */
export async function insertMarket(db: Db, market: Omit<MarketRecord, 'id'>): Promise<bigint> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('florin.exchange.markets'))`)
  const [row] = await db.query<{ id: bigint }>(
    `INSERT INTO exchange.markets (${columns})
     SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM exchange.markets RETURNING id`,
    [
      market.code,
      market.instrument,
      market.quote,
      market.ledger,
      market.tick,
      market.lot,
      market.tickValue,
      market.lotUnits,
      market.quoteExponent,
      market.settlementDays,
      JSON.stringify(market.config),
      market.openedAt,
      market.openedBy,
    ],
  )
  if (row === undefined) throw new Error('The market was not written')
  await db.query(
    `INSERT INTO exchange.heads (market_id, epoch, last_seq, last_time, heartbeat_at, rules)
     VALUES ($1, 0, 0, 0, 'epoch', $2)`,
    [row.id, rulesVersion],
  )
  return row.id
}

async function read(db: Db, condition: string, key: string | bigint): Promise<MarketRecord | undefined> {
  const [row] = await db.query<MarketRow>(`SELECT ${columns} FROM exchange.markets WHERE ${condition}`, [key])
  return row === undefined ? undefined : recordOf(row)
}

function recordOf(row: MarketRow): MarketRecord {
  return {
    id: row.id,
    code: row.code,
    instrument: row.instrument,
    quote: row.quote,
    ledger: row.ledger,
    tick: row.tick,
    lot: row.lot,
    tickValue: row.tick_value,
    lotUnits: row.lot_units,
    quoteExponent: row.quote_exponent,
    settlementDays: row.settlement_days,
    config: row.config,
    openedAt: row.opened_at,
    openedBy: row.opened_by,
  }
}
