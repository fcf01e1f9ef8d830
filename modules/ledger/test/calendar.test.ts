import { Refusal } from '@florin/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  calendarFault,
  calendarOf,
  checkValueTime,
  dayAfter,
  endOf,
  type Period,
  startOf,
} from '../src/domain/periods.ts'

describe('judging value times', () => {
  const history = fc
    .record({
      first: fc.constantFrom('2023-12-30', '2024-02-27', '2025-12-31'),
      periods: fc.array(fc.record({ days: fc.integer({ min: 1, max: 40 }), state: state() }), {
        maxLength: 8,
      }),
    })
    .map(({ first, periods }) => {
      let day: string = first
      return periods.map(({ days, state }, i): Period => {
        const firstDay = day
        let lastDay = day
        for (let n = 1; n < days; n++) lastDay = dayAfter(lastDay)
        day = dayAfter(lastDay)
        return { number: i + 1, name: `p${i}`, firstDay, lastDay, state }
      })
    })

  function state(): fc.Arbitrary<Period['state']> {
    return fc.constantFrom('open', 'soft', 'hard')
  }

  /** Looks at every period, day by day as texts. */
  function naive(periods: readonly Period[], day: string, soft: boolean): string | undefined {
    const takes = (p: Period) => p.state === 'open' || (p.state === 'soft' && soft)
    const own = periods.find((p) => day <= p.lastDay)
    if (own === undefined || takes(own)) return undefined
    const next = periods.find((p) => p.number > own.number && takes(p))
    return next?.firstDay ?? dayAfter(periods.at(-1)?.lastDay ?? '')
  }

  test('agrees with looking at every period', () => {
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: -3, max: 330 }),
        fc.boolean(),
        fc.boolean(),
        (periods, offset, late, soft) => {
          expect(calendarFault(undefined, periods)).toBeUndefined()
          const first = startOf(periods[0]?.firstDay ?? '2025-01-01')
          const day = new Date(first + offset * 86_400_000).toISOString().slice(0, 10)
          const time = late ? endOf(day) : startOf(day)
          let found: string | undefined
          try {
            checkValueTime(calendarOf(periods), time, soft)
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
            found = String(error.details.first_open_day)
          }
          expect(found).toBe(naive(periods, day, soft))
        },
      ),
      { numRuns: 500 },
    )
  })
})
