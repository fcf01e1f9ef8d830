import { Refusal } from '@florin/kernel'

/** open: anybody posts; soft: whoever may post into closed periods; hard: nobody. */
export const periodStates = ['open', 'soft', 'hard'] as const
export type PeriodState = (typeof periodStates)[number]

/** A span of UTC days, both included: it covers every instant of them. */
export interface Span {
  /** `2026-03-01` */
  readonly firstDay: string
  readonly lastDay: string
}

export interface Period extends Span {
  /** 1, 2, 3 … in the order of time. */
  readonly number: number
  readonly name: string
  readonly state: PeriodState
}

/** A ledger's calendar as postings are judged by it. */
export interface Calendar {
  /** In the order of time, without gaps. */
  readonly periods: readonly Period[]
  /** The last instant of the last period that is not open, epoch milliseconds: later value times need no look. */
  readonly closedUntil: number
}

const dayMs = 86_400_000

/** The first instant of a day, epoch milliseconds. */
export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`)
}

/** The last instant of a day, epoch milliseconds. */
export function endOf(day: string): number {
  return startOf(day) + dayMs - 1
}

/** The day after; there is none after 9999-12-31. */
export function dayAfter(day: string): string {
  return new Date(startOf(day) + dayMs).toISOString().slice(0, 10)
}

/** The UTC day that an instant lies in. */
export function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

export function calendarOf(periods: readonly Period[]): Calendar {
  const last = periods.findLast((period) => period.state !== 'open')
  return { periods, closedUntil: last === undefined ? Number.NEGATIVE_INFINITY : endOf(last.lastDay) }
}

/** Why these periods can't follow `before`, the last one defined so far; undefined if they can. */
export function calendarFault(
  before: Span | undefined,
  periods: readonly (Span & { readonly name: string })[],
): string | undefined {
  let previous = before
  for (const period of periods) {
    if (period.firstDay > period.lastDay) return `"${period.name}" ends before it begins`
    if (previous !== undefined && period.firstDay !== dayAfter(previous.lastDay))
      return `"${period.name}" must begin on ${dayAfter(previous.lastDay)}, the day after the period before it ends`
    previous = period
  }
  return undefined
}

/**
 * Whether something may be booked with this value time, epoch milliseconds. What lies before the first period is
 * judged as if it lay in the first one: closing that one closes everything before it, too.
 *
 * @throws Refusal `period_closed`, naming the first day that the caller may post into
 */
export function checkValueTime(calendar: Calendar, valueTime: number, mayPostIntoSoft: boolean): void {
  if (valueTime > calendar.closedUntil) return
  const at = indexOf(calendar.periods, valueTime)
  const period = calendar.periods[at]
  const takes = ({ state }: Period): boolean => state === 'open' || (state === 'soft' && mayPostIntoSoft)
  if (period === undefined || takes(period)) return
  const firstOpenDay = calendar.periods.slice(at).find(takes)?.firstDay ?? dayAfterAll(calendar.periods)
  throw new Refusal(
    'period_closed',
    `The value time lies in the period "${period.name}", which is closed; the first open day is ${firstOpenDay}`,
    { period: period.name, state: period.state, first_open_day: firstOpenDay },
  )
}

/** The position of the first period that ends at or after the instant. */
function indexOf(periods: readonly Period[], instant: number): number {
  let low = 0
  let high = periods.length
  while (low < high) {
    const middle = (low + high) >> 1
    const period = periods[middle]
    if (period !== undefined && endOf(period.lastDay) < instant) low = middle + 1
    else high = middle
  }
  return low
}

function dayAfterAll(periods: readonly Period[]): string {
  const last = periods.at(-1)
  return last === undefined ? '' : dayAfter(last.lastDay)
}

const strictness: Readonly<Record<PeriodState, number>> = { open: 0, soft: 1, hard: 2 }

/** @throws Refusal `period_in_state`, `period_not_over` or `period_out_of_order` */
export function checkClosing(
  periods: readonly Period[],
  period: Period,
  mode: 'soft' | 'hard',
  bookedAt: number,
): void {
  if (strictness[period.state] >= strictness[mode]) {
    throw new Refusal('period_in_state', `The period "${period.name}" is closed already (${period.state})`, {
      period: period.name,
      state: period.state,
    })
  }
  if (endOf(period.lastDay) >= bookedAt) {
    throw new Refusal('period_not_over', `The period "${period.name}" lasts until ${period.lastDay}`, {
      period: period.name,
      last_day: period.lastDay,
    })
  }
  const earlier = periods.find((p) => p.number < period.number && strictness[p.state] < strictness[mode])
  if (earlier === undefined) return
  throw new Refusal(
    'period_out_of_order',
    `The earlier period "${earlier.name}" is ${earlier.state}; close it first, at least as hard`,
    { period: period.name, blocking: earlier.name, state: earlier.state },
  )
}

/** @throws Refusal `period_in_state` or `period_out_of_order` */
export function checkReopening(periods: readonly Period[], period: Period): void {
  if (period.state === 'open') {
    throw new Refusal('period_in_state', `The period "${period.name}" is open`, {
      period: period.name,
      state: period.state,
    })
  }
  const later = periods.find((p) => p.number > period.number && p.state === 'hard')
  if (later === undefined) return
  throw new Refusal(
    'period_out_of_order',
    `The later period "${later.name}" is closed hard; reopen that one first`,
    { period: period.name, blocking: later.name, state: later.state },
  )
}
