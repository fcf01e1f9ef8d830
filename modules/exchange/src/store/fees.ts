import type { Db, Unit } from '@florin/kernel'
import type { FeeSchedule } from '../domain/fees.ts'

export interface FeesRecord extends FeeSchedule {
  readonly setAt: Date
  readonly setBy: string
}

interface FeesRow {
  version: number
  tiers: readonly { from: string; maker: number; taker: number }[]
  minimum: bigint
  set_at: Date
  set_by: string
}

/** The fee schedule in force at a time, or undefined if there was none yet. */
export async function feesAt(db: Db, marketId: bigint, at: Date): Promise<FeesRecord | undefined> {
  const [row] = await db.query<FeesRow>(
    `SELECT version, tiers, minimum, set_at, set_by FROM exchange.fee_schedules
     WHERE market_id = $1 AND set_at <= $2 ORDER BY version DESC LIMIT 1`,
    [marketId, at],
  )
  return row === undefined ? undefined : feesOf(row)
}

/** All schedules of a market, in the order of their versions. */
export async function allFees(db: Db, marketId: bigint): Promise<FeesRecord[]> {
  const rows = await db.query<FeesRow>(
    'SELECT version, tiers, minimum, set_at, set_by FROM exchange.fee_schedules WHERE market_id = $1 ORDER BY version',
    [marketId],
  )
  return rows.map(feesOf)
}

/** Writes a schedule down and gives its version. */
export async function insertFees(
  unit: Unit,
  marketId: bigint,
  fees: Omit<FeesRecord, 'version'>,
): Promise<number> {
  const tiers = fees.tiers.map(({ from, makerPpm, takerPpm }) => ({
    from: String(from),
    maker: makerPpm,
    taker: takerPpm,
  }))
  const [row] = await unit.db.query<{ version: number }>(
    `INSERT INTO exchange.fee_schedules (market_id, version, tiers, minimum, set_at, set_by)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM exchange.fee_schedules WHERE market_id = $1
     RETURNING version`,
    [marketId, JSON.stringify(tiers), fees.minimum, fees.setAt, fees.setBy],
  )
  if (row === undefined) throw new Error('The fees were not written')
  return row.version
}

function feesOf(row: FeesRow): FeesRecord {
  return {
    version: row.version,
    tiers: row.tiers.map(({ from, maker, taker }) => ({
      from: BigInt(from),
      makerPpm: maker,
      takerPpm: taker,
    })),
    minimum: row.minimum,
    setAt: row.set_at,
    setBy: row.set_by,
  }
}
