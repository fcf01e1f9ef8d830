import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, integerWeights, type Money, money, Rational, split, sum } from '../src/index.ts'
import { naiveAllocate } from './naive.ts'
import { dollars, expectRefusal, USD } from './support.ts'

const weightLists = fc
  .array(fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 10n ** 20n })), {
    minLength: 1,
    maxLength: 12,
  })
  .filter((weights) => weights.some((weight) => weight > 0n))

const minorsOf = (parts: readonly Money[]): bigint[] => parts.map((part) => part.minor)

describe('allocate', () => {
  it('conserves the sum', () => {
    fc.assert(
      fc.property(dollars, weightLists, (value, weights) => {
        expect(sum(USD, allocate(value, weights))).toEqual(value)
      }),
    )
  })

  it('gives each part less than one unit from its exact share, and a zero weight nothing', () => {
    fc.assert(
      fc.property(dollars, weightLists, (value, weights) => {
        const total = weights.reduce((left, right) => left + right)
        allocate(value, weights).forEach((part, index) => {
          const weight = weights[index] ?? 0n
          const distance = Rational.of(part.minor).minus(Rational.of(value.minor * weight, total))
          expect(distance.abs().compare(Rational.ONE)).toBe(-1)
          if (weight === 0n) expect(part.minor).toBe(0n)
        })
      }),
    )
  })

  it('is the method of the largest remainder, ties to the earlier part', () => {
    fc.assert(
      fc.property(dollars, weightLists, (value, weights) => {
        expect(minorsOf(allocate(value, weights))).toEqual(naiveAllocate(value.minor, weights))
      }),
      { numRuns: 1000 },
    )
  })

  it('mirrors negative amounts and does not care about the scale of weights', () => {
    fc.assert(
      fc.property(dollars, weightLists, fc.bigInt({ min: 1n, max: 1000n }), (value, weights, factor) => {
        const parts = minorsOf(allocate(value, weights))
        const mirrored = minorsOf(allocate(money(USD, -value.minor), weights))
        expect(mirrored.map((part) => -part)).toEqual(parts)
        const scaled = weights.map((weight) => weight * factor)
        expect(minorsOf(allocate(value, scaled))).toEqual(parts)
      }),
    )
  })

  it.each([
    [5n, [1n, 1n], [3n, 2n]],
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [5n, [3n, 7n], [2n, 3n]],
    [101n, [1n, 1n, 1n], [34n, 34n, 33n]],
    [100n, [0n, 1n, 0n], [0n, 100n, 0n]],
    [1n, [0n, 1n, 1n], [0n, 1n, 0n]],
    [1n, [1n, 2n], [0n, 1n]],
    [0n, [1n, 2n], [0n, 0n]],
    [7n, [50n, 30n, 20n], [4n, 2n, 1n]],
  ] as const)('hands out %s by %s as %s', (minor, weights, parts) => {
    expect(minorsOf(allocate(money(USD, minor), weights))).toEqual(parts)
  })

  it('refuses weights that say nothing', () => {
    const value = money(USD, 100n)
    for (const weights of [[], [0n], [0n, 0n], [1n, -1n], [2n, -1n]]) {
      expectRefusal(() => allocate(value, weights), 'weights_invalid')
    }
    // @ts-expect-error: weights are exact too.
    expectRefusal(() => allocate(value, [0.5, 0.5]), 'weights_invalid')
  })
})

describe('split', () => {
  it('is allocation by equal weights', () => {
    fc.assert(
      fc.property(dollars, fc.integer({ min: 1, max: 50 }), (value, count) => {
        const parts = split(value, count)
        expect(sum(USD, parts)).toEqual(value)
        expect(parts).toEqual(allocate(value, Array<bigint>(count).fill(1n)))
      }),
    )
  })

  it('refuses counts that are none', () => {
    for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001]) {
      expectRefusal(() => split(money(USD, 100n), count), 'parts_invalid')
    }
  })
})

describe('integerWeights', () => {
  it('keeps the proportion of fractions', () => {
    const shares = fc.array(
      fc.tuple(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 1n, max: 1000n })),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(shares, (pairs) => {
        const fractions = pairs.map(([numerator, denominator]) => Rational.of(numerator, denominator))
        fc.pre(fractions.some((fraction) => !fraction.isZero()))
        const whole = integerWeights(fractions)
        fractions.forEach((a, i) => {
          fractions.forEach((b, j) => {
            expect(a.times(Rational.of(whole[j] ?? -1n))).toEqual(b.times(Rational.of(whole[i] ?? -1n)))
          })
        })
      }),
    )
    expect(integerWeights(['1/2', '1/3'].map(Rational.parse))).toEqual([3n, 2n])
    expect(integerWeights(['33.3', '66.7'].map(Rational.parse))).toEqual([333n, 667n])
    expectRefusal(() => integerWeights([]), 'weights_invalid')
    expectRefusal(() => integerWeights([Rational.ZERO]), 'weights_invalid')
  })
})
