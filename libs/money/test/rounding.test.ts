import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROUNDING_MODES, type RoundingMode, roundQuotient } from '../src/index.ts'
import { naiveRound } from './naive.ts'
import { denominators, expectRefusal, minors, modes } from './support.ts'

/** Tenths of a unit, rounded to units, worked out by hand. */
const TABLE: Readonly<Record<string, Readonly<Record<RoundingMode, number>>>> = {
  '25': { 'half-even': 2, 'half-up': 3, 'half-down': 2, up: 3, down: 2, floor: 2, ceiling: 3 },
  '-25': { 'half-even': -2, 'half-up': -3, 'half-down': -2, up: -3, down: -2, floor: -3, ceiling: -2 },
  '35': { 'half-even': 4, 'half-up': 4, 'half-down': 3, up: 4, down: 3, floor: 3, ceiling: 4 },
  '-35': { 'half-even': -4, 'half-up': -4, 'half-down': -3, up: -4, down: -3, floor: -4, ceiling: -3 },
  '5': { 'half-even': 0, 'half-up': 1, 'half-down': 0, up: 1, down: 0, floor: 0, ceiling: 1 },
  '-5': { 'half-even': 0, 'half-up': -1, 'half-down': 0, up: -1, down: 0, floor: -1, ceiling: 0 },
  '11': { 'half-even': 1, 'half-up': 1, 'half-down': 1, up: 2, down: 1, floor: 1, ceiling: 2 },
  '-11': { 'half-even': -1, 'half-up': -1, 'half-down': -1, up: -2, down: -1, floor: -2, ceiling: -1 },
  '16': { 'half-even': 2, 'half-up': 2, 'half-down': 2, up: 2, down: 1, floor: 1, ceiling: 2 },
  '-16': { 'half-even': -2, 'half-up': -2, 'half-down': -2, up: -2, down: -1, floor: -2, ceiling: -1 },
  '20': { 'half-even': 2, 'half-up': 2, 'half-down': 2, up: 2, down: 2, floor: 2, ceiling: 2 },
  '-20': { 'half-even': -2, 'half-up': -2, 'half-down': -2, up: -2, down: -2, floor: -2, ceiling: -2 },
}

describe('roundQuotient', () => {
  for (const [tenths, expected] of Object.entries(TABLE)) {
    it.each(ROUNDING_MODES)(`takes ${tenths}/10 by %s where the definition says`, (mode) => {
      expect(roundQuotient(BigInt(tenths), 10n, mode)).toBe(BigInt(expected[mode]))
    })
  }

  it('follows each definition, against the naive twin', () => {
    fc.assert(
      fc.property(minors, denominators, modes, (numerator, denominator, mode) => {
        expect(roundQuotient(numerator, denominator, mode)).toBe(naiveRound(numerator, denominator, mode))
      }),
      { numRuns: 3000 },
    )
  })

  it('stays below one unit from the exact value, at most half for the half modes', () => {
    fc.assert(
      fc.property(minors, denominators, modes, (numerator, denominator, mode) => {
        const error = roundQuotient(numerator, denominator, mode) * denominator - numerator
        const magnitude = error < 0n ? -error : error
        expect(mode.startsWith('half') ? magnitude * 2n <= denominator : magnitude < denominator).toBe(true)
      }),
    )
  })

  it('mirrors: negating swaps floor and ceiling and leaves the other modes alone', () => {
    const mirror = { floor: 'ceiling', ceiling: 'floor' } as const
    fc.assert(
      fc.property(minors, denominators, modes, (numerator, denominator, mode) => {
        const mirrored = mode === 'floor' || mode === 'ceiling' ? mirror[mode] : mode
        expect(roundQuotient(-numerator, denominator, mode)).toBe(
          -roundQuotient(numerator, denominator, mirrored),
        )
      }),
    )
  })

  it('refuses a missing or unknown mode even when there is nothing to round, and a denominator of zero', () => {
    // @ts-expect-error: no default, not even by accident.
    expectRefusal(() => roundQuotient(4n, 2n, undefined), 'rounding_unknown')
    // @ts-expect-error: not one of the names.
    expectRefusal(() => roundQuotient(4n, 2n, 'bankers'), 'rounding_unknown')
    expectRefusal(() => roundQuotient(4n, 0n, 'up'), 'division_by_zero')
    expectRefusal(() => roundQuotient(4n, -2n, 'up'), 'division_by_zero')
  })
})
