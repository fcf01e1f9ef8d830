import type { Db, Unit } from '@florin/kernel'

/** Limits of an account on a market as they were given, each with the value said last. */
export interface LimitsRecord {
  readonly version: number
  readonly limits: Readonly<Record<string, unknown>>
  readonly set_at: Date
  readonly set_by: string
}

/** Those in force; undefined if none were ever set. */
export async function currentLimits(
  db: Db,
  accountId: bigint,
  marketId: bigint,
): Promise<LimitsRecord | undefined> {
  const [row] = await db.query<LimitsRecord>(
    `SELECT version, limits, set_at, set_by FROM exchange.account_limits
     WHERE account_id = $1 AND market_id = $2 ORDER BY version DESC LIMIT 1`,
    [accountId, marketId],
  )
  return row
}

export async function insertLimits(
  unit: Unit,
  accountId: bigint,
  marketId: bigint,
  record: LimitsRecord,
): Promise<void> {
  await unit.db.query(
    `INSERT INTO exchange.account_limits (account_id, market_id, version, limits, set_at, set_by)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [accountId, marketId, record.version, JSON.stringify(record.limits), record.set_at, record.set_by],
  )
}

/** What every account with limits on a market was told to set aside for fees, millionths; by the account's number. */
export async function feeRates(db: Db, marketId: bigint): Promise<ReadonlyMap<bigint, number>> {
  const rows = await db.query<{ account_id: bigint; rate: number }>(
    `SELECT DISTINCT ON (account_id) account_id, coalesce((limits->>'fee_rate_ppm')::int, 0) AS rate
     FROM exchange.account_limits WHERE market_id = $1 ORDER BY account_id, version DESC`,
    [marketId],
  )
  return new Map(rows.map((row) => [row.account_id, row.rate]))
}

/** Limits in force of several accounts, by number; those that have any. */
export async function limitsInForce(
  db: Db,
  marketId: bigint,
  accounts: readonly number[],
): Promise<ReadonlyMap<number, LimitsRecord['limits']>> {
  const rows = await db.query<{ account_id: bigint; limits: LimitsRecord['limits'] }>(
    `SELECT DISTINCT ON (account_id) account_id, limits FROM exchange.account_limits
     WHERE market_id = $1 AND account_id = ANY($2::bigint[]) ORDER BY account_id, version DESC`,
    [marketId, accounts],
  )
  return new Map(rows.map((row) => [Number(row.account_id), row.limits]))
}
