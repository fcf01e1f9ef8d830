import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  basisPoints,
  divide,
  type Money,
  money,
  multiply,
  percentage,
  Rational,
  type Rounded,
  ratio,
  times,
} from '../src/index.ts'
import { naiveRound } from './naive.ts'
import {
  dollars,
  EUR,
  expectRefusal,
  JPY,
  KWD,
  modes,
  positiveRationals,
  rationals,
  USD,
  WEI,
} from './support.ts'

const exact = (value: Money): Rational => Rational.of(value.minor)

/** The law of every division: value and residue together are exact, and the residue is below one minor unit. */
function expectExact(rounded: Rounded, expected: Rational): void {
  expect(exact(rounded.value).plus(rounded.residue)).toEqual(expected)
  expect(rounded.residue.abs().compare(Rational.ONE)).toBe(-1)
}

describe('multiply, divide, percentage, basisPoints', () => {
  it('lose nothing: value + residue is exact', () => {
    fc.assert(
      fc.property(dollars, rationals, modes, (value, factor, mode) => {
        expectExact(multiply(value, factor, mode), exact(value).times(factor))
        expectExact(percentage(value, factor, mode), exact(value).times(factor).dividedBy(Rational.of(100n)))
        expectExact(
          basisPoints(value, factor, mode),
          exact(value).times(factor).dividedBy(Rational.of(10_000n)),
        )
        if (!factor.isZero()) expectExact(divide(value, factor, mode), exact(value).dividedBy(factor))
      }),
    )
  })

  it('round by the named mode', () => {
    fc.assert(
      fc.property(dollars, rationals, modes, (value, factor, mode) => {
        const expected = naiveRound(value.minor * factor.numerator, factor.denominator, mode)
        expect(multiply(value, factor, mode).value.minor).toBe(expected)
      }),
    )
  })

  it('take whole numbers like fractions over one', () => {
    const whole = fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }).filter((count) => count !== 0n)
    fc.assert(
      fc.property(dollars, whole, modes, (value, count, mode) => {
        const fraction = Rational.of(count)
        for (const scale of [multiply, divide, percentage, basisPoints]) {
          const [left, right] = [scale(value, count, mode), scale(value, fraction, mode)]
          expect(left.value).toEqual(right.value)
          expect(left.residue).toEqual(right.residue)
        }
        expect(times(value, count)).toEqual(multiply(value, count, mode).value)
        expect(multiply(value, count, mode).residue).toEqual(Rational.ZERO)
      }),
    )
  })

  it('undo each other when nothing was rounded away', () => {
    fc.assert(
      fc.property(dollars, positiveRationals, (value, factor) => {
        const { value: product, residue } = multiply(value, factor, 'half-even')
        fc.pre(residue.isZero())
        expect(divide(product, factor, 'half-even').value).toEqual(value)
      }),
    )
  })

  it('have the ratio of two amounts as their inverse', () => {
    fc.assert(
      fc.property(dollars, dollars, (left, right) => {
        fc.pre(right.minor !== 0n)
        expect(multiply(right, ratio(left, right), 'half-even').value).toEqual(left)
      }),
    )
    expectRefusal(() => ratio(money(USD, 1n), money(USD, 0n)), 'division_by_zero')
    // @ts-expect-error: dollars per euro is a rate, not a ratio.
    expectRefusal(() => ratio(money(USD, 1n), money(EUR, 1n)), 'asset_mismatch')
  })

  it('match cases worked out by hand', () => {
    const third = Rational.of(1n, 3n)
    const yen = multiply(money(JPY, 100n), third, 'half-up')
    expect([yen.value.minor, yen.residue.toString()]).toEqual([33n, '1/3'])
    const dinar = percentage(money(KWD, 12_345n), Rational.parse('5'), 'half-even')
    expect([dinar.value.minor, dinar.residue.toString()]).toEqual([617n, '1/4'])
    const vat = percentage(money(USD, 1999n), Rational.parse('8.1'), 'half-up')
    expect([vat.value.minor, vat.residue.toString()]).toEqual([162n, '-81/1000'])
    const wei = divide(money(WEI, 10n ** 18n), 7n, 'down')
    expect([wei.value.minor, wei.residue.toString()]).toEqual([142857142857142857n, '1/7'])
    const negativeHalf = divide(money(USD, -5n), 2n, 'half-even')
    expect([negativeHalf.value.minor, negativeHalf.residue.toString()]).toEqual([-2n, '-1/2'])
    const negativeDivisor = divide(money(USD, 5n), -2n, 'ceiling')
    expect([negativeDivisor.value.minor, negativeDivisor.residue.toString()]).toEqual([-2n, '-1/2'])
  })

  it('refuse what cannot be', () => {
    expectRefusal(() => divide(money(USD, 1n), 0n, 'up'), 'division_by_zero')
    expectRefusal(() => divide(money(USD, 1n), Rational.ZERO, 'up'), 'division_by_zero')
    expectRefusal(() => multiply(money(USD, 2n ** 255n), 2n, 'up'), 'amount_out_of_range')
    expectRefusal(() => times(money(USD, 2n ** 255n), 2n), 'amount_out_of_range')
    // @ts-expect-error: there is no default rounding.
    expectRefusal(() => multiply(money(USD, 1n), 2n), 'rounding_unknown')
  })
})
