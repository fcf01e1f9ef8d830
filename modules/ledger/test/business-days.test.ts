import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  businessCalendar,
  calendarFault,
  dayOf,
  dueDay,
  formatDay,
  isBusinessDay,
  parseDay,
  weekdayOf,
} from '../src/domain/business-days.ts'

const easter = {
  valid_from: '2026-01-01',
  valid_to: '2026-12-31',
  weekend: [6, 7],
  holidays: [
    { day: '2026-04-03', name: 'Good Friday' },
    { day: '2026-04-06', name: 'Easter Monday' },
  ],
}

function due(from: string, days: number, data = easter): string {
  return formatDay(dueDay(businessCalendar(data), parseDay(from), days).day)
}

test.each([
  ['2026-04-01', 0, '2026-04-01'],
  ['2026-04-01', 1, '2026-04-02'],
  ['2026-04-02', 1, '2026-04-07'],
  ['2026-04-01', 2, '2026-04-07'],
  ['2026-04-03', 0, '2026-04-07'],
  ['2026-04-04', 2, '2026-04-09'],
  ['2026-02-27', 1, '2026-03-02'],
  ['1969-12-31', 2, '1970-01-02'],
])('%s plus %i business days is %s', (from, days, expected) => {
  expect(due(from, days)).toBe(expected)
})

test('days that the calendar does not know are told', () => {
  const beyond = (from: string, days: number) =>
    dueDay(businessCalendar(easter), parseDay(from), days).beyondCalendar
  expect(beyond('2026-12-30', 1)).toBe(false)
  expect(beyond('2026-12-31', 1)).toBe(true)
  expect(beyond('2025-12-31', 5)).toBe(true)
})

test('weekdays and days are those of the calendar on the wall', () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (day) => {
      const date = new Date(day * 86_400_000)
      expect(weekdayOf(day)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay())
      expect(parseDay(formatDay(day))).toBe(day)
      expect(dayOf(date.getTime() + 86_399_999)).toBe(day)
    }),
  )
})

test('T + x is the x-th business day after the first one, counted one by one', () => {
  const weekend = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 6 })
  const holidays = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 30 })
  fc.assert(
    fc.property(weekend, holidays, fc.integer({ min: -10, max: 60 }), fc.nat(20), (off, free, from, days) => {
      const calendar = { weekend: new Set(off), holidays: new Set(free), firstDay: 0, lastDay: 60 }
      const following = Array.from({ length: 400 }, (_, i) => from + i).filter((day) =>
        isBusinessDay(calendar, day),
      )
      expect(dueDay(calendar, from, days).day).toBe(following[days])
    }),
  )
})

test.each([
  [{ valid_to: '2025-12-31' }, 'before valid_from'],
  [{ weekend: [6, 6] }, 'twice'],
  [{ weekend: [1, 2, 3, 4, 5, 6, 7] }, 'needs a business day'],
  [{ holidays: [{ day: '2027-01-01', name: 'New Year' }] }, 'outside'],
  [{ holidays: [...easter.holidays, { day: '2026-04-03', name: 'again' }] }, 'named twice'],
])('%j is no calendar', (change, fault) => {
  expect(calendarFault({ ...easter, ...change })).toContain(fault)
  expect(calendarFault(easter)).toBeUndefined()
})
