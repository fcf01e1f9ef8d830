import type { Db, Unit } from '@florin/kernel'
import type { DueStep, Schedule } from '../domain/schedule.ts'

export interface ScheduleRecord extends Schedule {
  readonly version: number
  readonly set_at: Date
  readonly set_by: string
}

/** The schedule in force, or undefined if none was ever set. */
export async function currentSchedule(db: Db, marketId: bigint): Promise<ScheduleRecord | undefined> {
  const [row] = await db.query<ScheduleRecord>(
    `SELECT version, zone, steps, set_at, set_by FROM exchange.schedules
     WHERE market_id = $1 ORDER BY version DESC LIMIT 1`,
    [marketId],
  )
  return row
}

export async function insertSchedule(db: Db, marketId: bigint, schedule: ScheduleRecord): Promise<void> {
  const { version, zone, steps, set_at, set_by } = schedule
  await db.query(
    `INSERT INTO exchange.schedules (market_id, version, zone, steps, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6)`,
    [marketId, version, zone, JSON.stringify(steps), set_at, set_by],
  )
}

/** Up to when the schedule was carried out, epoch milliseconds; undefined if it never was. */
export async function scheduleMark(db: Db, marketId: bigint): Promise<number | undefined> {
  const [row] = await db.query<{ up_to: Date }>(
    'SELECT up_to FROM exchange.schedule_marks WHERE market_id = $1 ORDER BY up_to DESC LIMIT 1',
    [marketId],
  )
  return row?.up_to.getTime()
}

/** Notes that everything up to an instant was carried out, `step` last. */
export async function markSchedule(
  unit: Unit,
  marketId: bigint,
  upTo: number,
  step?: DueStep | undefined,
): Promise<void> {
  await unit.db.query(
    'INSERT INTO exchange.schedule_marks (market_id, up_to, step) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [marketId, new Date(upTo), step === undefined ? null : JSON.stringify(step)],
  )
}

export interface ScheduledMarket {
  readonly market: string
  readonly ledger: string
  readonly zone: string
  readonly steps: Schedule['steps']
  /** Epoch milliseconds. */
  readonly mark: number
}

/** Every market that has a schedule, with the one in force. */
export async function scheduledMarkets(db: Db): Promise<ScheduledMarket[]> {
  const rows = await db.query<Omit<ScheduledMarket, 'mark'> & { up_to: Date }>(
    `SELECT m.code AS market, m.ledger, s.zone, s.steps, d.up_to FROM exchange.markets m
     CROSS JOIN LATERAL (SELECT zone, steps FROM exchange.schedules WHERE market_id = m.id ORDER BY version DESC LIMIT 1) s
     CROSS JOIN LATERAL (SELECT up_to FROM exchange.schedule_marks WHERE market_id = m.id ORDER BY up_to DESC LIMIT 1) d
     ORDER BY m.id`,
  )
  return rows.map(({ up_to, ...row }) => ({ ...row, mark: up_to.getTime() }))
}
