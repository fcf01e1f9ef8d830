import { type Db, defineCommand, defineQuery, NullableTime, Refusal, Time, type Unit } from '@florin/kernel'
import { isBusinessDay, ledgerCalendar, parseDay } from '@florin/ledger'
import { Type } from 'typebox'
import { withholds } from '../domain/halts.ts'
import { enginePhases } from '../domain/phase-names.ts'
import {
  actionsOf,
  dueSteps,
  type Schedule,
  type ScheduledAction,
  scheduleFault,
} from '../domain/schedule.ts'
import { MarketCode, strict } from '../schemas.ts'
import { openHalt, updateHalt } from '../store/halts.ts'
import { lockSetup } from '../store/market-changes.ts'
import { findMarket } from '../store/markets.ts'
import { currentSchedule, insertSchedule, markSchedule, scheduleMark } from '../store/schedules.ts'
import { ask, requestFields, type Untimed } from './requests.ts'
import { PhaseSchema } from './steer-market.ts'

const scheduleFields = {
  market: MarketCode,
  zone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA time zone, such as Europe/Berlin' }),
  steps: Type.Array(
    strict(
      {
        at: Type.String({
          pattern: '^([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?$',
          description: 'Local time of each business day, such as 09:00 or 17:35:30',
        }),
        phase: PhaseSchema,
        end_of_day: Type.Optional(
          Type.Boolean({
            description: 'The trading day ends with it: day orders go, daily counters begin again',
          }),
        ),
      },
      { title: 'ScheduleStep' },
    ),
    { minItems: 1, maxItems: 50, description: 'In the order of the day' },
  ),
}

const ScheduleView = strict(
  { ...scheduleFields, version: Type.Integer({ minimum: 1 }), set_at: Time, set_by: Type.String() },
  { title: 'TradingSchedule' },
)

export const setSchedule = defineCommand({
  name: 'exchange.schedule.set',
  summary: 'Set the sessions of a market’s day',
  description:
    'Business days are those of the ledger’s calendar; without one every day is. The market moves from the next step on; where steps were missed, it goes straight to the last of them. While a circuit breaker halts it, it is only closed.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/schedule' },
  input: strict(scheduleFields),
  output: ScheduleView,
  permission: 'exchange.schedule.set',
  refusals: ['market_not_found', 'schedule_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: {
      market: 'USDC-EUR',
      zone: 'Europe/Berlin',
      steps: [
        { at: '08:30', phase: 'pre_open' },
        { at: '08:50', phase: 'opening_auction' },
        { at: '09:00', phase: 'continuous' },
        { at: '17:30', phase: 'closing_auction' },
        { at: '17:35', phase: 'closed', end_of_day: true },
      ],
    },
    refused: {
      schedule_invalid: {
        market: 'USDC-EUR',
        zone: 'Europe/Atlantis',
        steps: [{ at: '09:00', phase: 'continuous' }],
      },
    },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const steps = input.steps.map((step) => ({ ...step, end_of_day: step.end_of_day ?? false }))
    const schedule = { zone: input.zone, steps }
    const fault = scheduleFault(schedule)
    if (fault !== undefined) throw new Refusal('schedule_invalid', fault)
    await lockSetup(unit, market.id)
    const before = await currentSchedule(unit.db, market.id)
    const now = unit.clock.now()
    const stamp = {
      version: (before?.version ?? 0) + 1,
      set_at: new Date(now),
      set_by: unit.context.actor.id,
    }
    await insertSchedule(unit.db, market.id, { ...schedule, ...stamp })
    await markSchedule(unit, market.id, now)
    unit.changed({ subject: market.code, before: before?.steps ?? null, after: steps })
    return { ...input, steps, ...stamp, set_at: stamp.set_at.toISOString() }
  },
})

export const getSchedule = defineQuery({
  name: 'exchange.schedule.get',
  summary: 'Show the sessions of a market’s day',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/schedule' },
  input: strict({ market: MarketCode }),
  output: ScheduleView,
  permission: 'exchange.schedule.get',
  refusals: ['market_not_found', 'schedule_not_found'],
  example: { after: ['exchange.schedule.set'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const record = await currentSchedule(view.db, market.id)
    if (record === undefined)
      throw new Refusal('schedule_not_found', `${market.code} has no schedule`, { market: market.code })
    return {
      market: market.code,
      zone: record.zone,
      steps: [...record.steps],
      version: record.version,
      set_at: record.set_at.toISOString(),
      set_by: record.set_by,
    }
  },
})

export const advanceSchedule = defineCommand({
  name: 'exchange.schedule.advance',
  summary: 'Carry out the steps of a market’s schedule that are due',
  description: 'Done by a background role; harmless when nothing is due.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/schedule/advance' },
  input: strict({ market: MarketCode }),
  output: strict(
    { ...requestFields, steps: Type.Integer({ minimum: 0 }), up_to: NullableTime },
    { title: 'ScheduleAdvance' },
  ),
  permission: 'exchange.schedule.advance',
  refusals: ['market_not_found', 'schedule_not_found'],
  example: {
    after: ['exchange.schedule.set'],
    input: { market: 'USDC-EUR' },
    at: '2026-02-02T08:00:00.000Z',
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    await lockSetup(unit, market.id)
    const schedule = await currentSchedule(unit.db, market.id)
    const mark = await scheduleMark(unit.db, market.id)
    if (schedule === undefined || mark === undefined)
      throw new Refusal('schedule_not_found', `${market.code} has no schedule`, { market: market.code })
    const isOpen = await businessDays(unit.db, market.ledger)
    const due = dueSteps(schedule, isOpen, mark, unit.clock.now())
    const last = due.at(-1)
    if (last !== undefined) await markSchedule(unit, market.id, last.instant, last)
    const commands = (await allowed(unit, market.id, actionsOf(due))).map(
      (action): Untimed =>
        'phase' in action ? { command: 'phase', phase: enginePhases[action.phase] } : { command: 'endOfDay' },
    )
    if (last !== undefined) unit.changed({ subject: market.code, before: null, after: last })
    const upTo = last === undefined ? null : new Date(last.instant).toISOString()
    return { ...(await ask(unit, market, commands)), steps: due.length, up_to: upTo }
  },
})

/** While a circuit breaker halts the market, the schedule only closes it: other phases are kept for when it reopens. */
async function allowed(
  unit: Unit,
  marketId: bigint,
  actions: readonly ScheduledAction[],
): Promise<readonly ScheduledAction[]> {
  const halt = await openHalt(unit.db, marketId)
  if (halt === undefined || !withholds(halt)) return actions
  const kept = actions.filter((action) => 'phase' in action && action.phase !== 'closed')
  const last = kept.at(-1)
  if (last !== undefined && 'phase' in last)
    await updateHalt(unit.db, marketId, { ...halt, withheld: last.phase })
  return actions.filter((action) => !kept.includes(action))
}

/** Whether a local day (`2026-01-31`) is one of business, by the ledger's calendar. */
export async function businessDays(db: Db, ledger: string): Promise<(day: string) => boolean> {
  const calendar = await ledgerCalendar(db, ledger)
  return (day) => calendar === undefined || isBusinessDay(calendar, parseDay(day))
}

/** Whether anything of a schedule is due. */
export function isDue(
  schedule: Schedule,
  isOpen: (day: string) => boolean,
  mark: number,
  now: number,
): boolean {
  return dueSteps(schedule, isOpen, mark, now).length > 0
}
