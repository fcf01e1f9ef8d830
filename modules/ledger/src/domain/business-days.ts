/** Days are whole numbers, counted from 1970-01-01 in UTC. */
export interface BusinessCalendar {
  /** ISO 8601 numbers of the days of the week, 1 is Monday. */
  readonly weekend: ReadonlySet<number>
  readonly holidays: ReadonlySet<number>
  /** What the calendar knows of; before and after it only the weekend is known. */
  readonly firstDay: number
  readonly lastDay: number
}

/** A calendar as it is given: days as `2026-01-31`. */
export interface CalendarData {
  readonly valid_from: string
  readonly valid_to: string
  readonly weekend: readonly number[]
  readonly holidays: readonly { readonly day: string; readonly name: string }[]
}

const dayMs = 86_400_000

/** The day of an instant, epoch milliseconds. */
export function dayOf(instant: number): number {
  return Math.floor(instant / dayMs)
}

/** The number of a day such as `2026-01-31`. */
export function parseDay(text: string): number {
  return Date.parse(`${text}T00:00:00.000Z`) / dayMs
}

export function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, -14)
}

export function businessCalendar(data: CalendarData): BusinessCalendar {
  return {
    weekend: new Set(data.weekend),
    holidays: new Set(data.holidays.map(({ day }) => parseDay(day))),
    firstDay: parseDay(data.valid_from),
    lastDay: parseDay(data.valid_to),
  }
}

/** What is wrong with a calendar, in one sentence; undefined: nothing. */
export function calendarFault(data: CalendarData): string | undefined {
  if (data.valid_from > data.valid_to) return 'valid_to lies before valid_from'
  if (new Set(data.weekend).size !== data.weekend.length) return 'A day of the week is named twice'
  if (data.weekend.length > 6) return 'A week needs a business day'
  const seen = new Set<string>()
  for (const { day } of data.holidays) {
    if (day < data.valid_from || day > data.valid_to) return `The holiday ${day} lies outside the calendar`
    if (seen.has(day)) return `The holiday ${day} is named twice`
    seen.add(day)
  }
  return undefined
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return ((((day + 3) % 7) + 7) % 7) + 1
}

export function isBusinessDay(calendar: BusinessCalendar, day: number): boolean {
  return !calendar.weekend.has(weekdayOf(day)) && !calendar.holidays.has(day)
}

export interface DueDay {
  readonly day: number
  /** Whether days were counted of which the calendar knows nothing but the weekends. */
  readonly beyondCalendar: boolean
}

/**
 * T + `businessDays`: what happens on a day that is none counts as happening on the next business day, and from there
 * each business day counts one. T + 0 is that day itself.
 */
export function dueDay(calendar: BusinessCalendar, from: number, businessDays: number): DueDay {
  let day = from
  for (let left = businessDays; ; left -= 1) {
    while (!isBusinessDay(calendar, day)) day += 1
    if (left === 0) break
    day += 1
  }
  return { day, beyondCalendar: from < calendar.firstDay || day > calendar.lastDay }
}
