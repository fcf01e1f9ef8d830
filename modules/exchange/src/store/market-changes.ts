import type { Db, Unit } from '@florin/kernel'

/** Writes down what was changed, and gives the version of it. */
export async function insertMarketChange(unit: Unit, marketId: bigint, settings: object): Promise<number> {
  await lockSetup(unit, marketId)
  const [row] = await unit.db.query<{ version: number }>(
    `INSERT INTO exchange.market_changes (market_id, version, settings, changed_at, changed_by)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM exchange.market_changes WHERE market_id = $1
     RETURNING version`,
    [marketId, JSON.stringify(settings), new Date(unit.clock.now()), unit.context.actor.id],
  )
  if (row === undefined) throw new Error('The change was not written')
  return row.version
}

/** Has those who change a market's setup take turns until their units end, so that versions follow one another. */
export async function lockSetup(unit: Unit, marketId: bigint): Promise<void> {
  await unit.db.query(`SELECT pg_advisory_xact_lock(hashtextextended('florin.exchange.setup', $1::bigint))`, [
    marketId,
  ])
}

/** Every setting of a market that was ever changed, with the value said last. */
export async function settingsInForce(db: Db, marketId: bigint): Promise<Readonly<Record<string, unknown>>> {
  const rows = await db.query<{ settings: Readonly<Record<string, unknown>> }>(
    'SELECT settings FROM exchange.market_changes WHERE market_id = $1 ORDER BY version',
    [marketId],
  )
  return Object.assign({}, ...rows.map(({ settings }) => settings))
}
