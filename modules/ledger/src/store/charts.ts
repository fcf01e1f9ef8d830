import type { Db } from '@florin/kernel'
import type { Chart, Template } from '../domain/chart.ts'

/** The chart in force, or undefined if none was ever set. */
export async function currentChart(db: Db, ledgerId: bigint): Promise<Chart | undefined> {
  const [row] = await db.query<{ version: number; templates: readonly Template[] }>(
    'SELECT version, templates FROM ledger.charts WHERE ledger_id = $1 ORDER BY version DESC LIMIT 1',
    [ledgerId],
  )
  return row
}

export async function insertChart(
  db: Db,
  ledgerId: bigint,
  chart: Chart,
  by: string,
  now: number,
): Promise<void> {
  await db.query(
    'INSERT INTO ledger.charts (ledger_id, version, templates, set_at, set_by) VALUES ($1, $2, $3, $4, $5)',
    [ledgerId, chart.version, JSON.stringify(chart.templates), new Date(now), by],
  )
}
