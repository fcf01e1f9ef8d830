import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { abs, basisPoints, compare, fee, money, Rational } from '../src/index.ts'
import { dollars, EUR, expectRefusal, modes, positiveRationals, USD } from './support.ts'

const amounts = dollars.map(abs)

describe('fee', () => {
  it('is the exact share clamped to its bounds, then rounded', () => {
    fc.assert(
      fc.property(amounts, positiveRationals, amounts, amounts, modes, (value, points, a, b, rounding) => {
        const [minimum, maximum] = compare(a, b) <= 0 ? [a, b] : [b, a]
        const charged = fee(value, { basisPoints: points, rounding, minimum, maximum })
        const exact = Rational.of(value.minor).times(points).dividedBy(Rational.of(10_000n))
        if (exact.compare(Rational.of(minimum.minor)) < 0) expect(charged.value).toEqual(minimum)
        else if (exact.compare(Rational.of(maximum.minor)) > 0) expect(charged.value).toEqual(maximum)
        else expect(charged.value).toEqual(basisPoints(value, points, rounding).value)
        const total = Rational.of(charged.value.minor).plus(charged.residue)
        const [low, high] = [Rational.of(minimum.minor), Rational.of(maximum.minor)]
        expect(total).toEqual(exact.compare(low) < 0 ? low : exact.compare(high) > 0 ? high : exact)
      }),
      { numRuns: 1000 },
    )
  })

  it('compares bounds with the exact fee, also where rounding meets them', () => {
    const near = fc.bigInt({ min: -1n, max: 1n })
    fc.assert(
      fc.property(amounts, positiveRationals, near, modes, (value, points, offset, rounding) => {
        const exact = Rational.of(value.minor).times(points).dividedBy(Rational.of(10_000n))
        const bound = abs(money(USD, exact.numerator / exact.denominator + offset))
        const limit = Rational.of(bound.minor)
        const capped = fee(value, { basisPoints: points, rounding, maximum: bound })
        const lifted = fee(value, { basisPoints: points, rounding, minimum: bound })
        const [low, high] = exact.compare(limit) < 0 ? [exact, limit] : [limit, exact]
        expect(Rational.of(capped.value.minor).plus(capped.residue)).toEqual(low)
        expect(Rational.of(lifted.value.minor).plus(lifted.residue)).toEqual(high)
      }),
    )
  })

  it.each([
    // 1.5 bp of 10,000.00 is 1.50; of 1,000.00 it is 0.15 and the minimum of 1.00 decides.
    [1_000_000n, '1.5', 100n, undefined, 150n, '0'],
    [100_000n, '1.5', 100n, undefined, 100n, '0'],
    [0n, '1.5', 100n, undefined, 100n, '0'],
    // 25 bp of 123.45 is 0.308625.
    [12_345n, '25', undefined, undefined, 31n, '-11/80'],
    [12_345n, '25', undefined, 31n, 31n, '-11/80'],
    [12_345n, '25', undefined, 30n, 30n, '0'],
    [12_345n, '25', 31n, undefined, 31n, '0'],
    [999n, '0', undefined, undefined, 0n, '0'],
  ] as const)(
    'on %s at %s bp within %s and %s is %s',
    (minor, points, minimum, maximum, charged, residue) => {
      const result = fee(money(USD, minor), {
        basisPoints: Rational.parse(points),
        rounding: 'half-even',
        ...(minimum === undefined ? {} : { minimum: money(USD, minimum) }),
        ...(maximum === undefined ? {} : { maximum: money(USD, maximum) }),
      })
      expect([result.value.minor, result.residue.toString()]).toEqual([charged, residue])
    },
  )

  it('refuses terms that make no sense', () => {
    const rounding = 'half-up'
    const [cent, dollar, debt] = [money(USD, 1n), money(USD, 100n), money(USD, -1n)]
    expectRefusal(() => fee(debt, { basisPoints: 1n, rounding }), 'amount_negative')
    expectRefusal(() => fee(cent, { basisPoints: -1n, rounding }), 'fee_bounds_invalid')
    expectRefusal(() => fee(cent, { basisPoints: 1n, rounding, minimum: debt }), 'fee_bounds_invalid')
    expectRefusal(() => fee(cent, { basisPoints: 1n, rounding, maximum: debt }), 'fee_bounds_invalid')
    const crossed = { basisPoints: 1n, rounding, minimum: dollar, maximum: cent } as const
    expectRefusal(() => fee(cent, crossed), 'fee_bounds_invalid')
    // @ts-expect-error: the minimum is in another currency.
    expectRefusal(() => fee(cent, { basisPoints: 1n, rounding, minimum: money(EUR, 1n) }), 'asset_mismatch')
    // @ts-expect-error: no default rounding.
    expectRefusal(() => fee(cent, { basisPoints: 1n }), 'rounding_unknown')
  })
})
