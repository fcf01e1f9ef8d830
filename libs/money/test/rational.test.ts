import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rational } from '../src/index.ts'
import { expectRefusal, rationals } from './support.ts'

describe('Rational', () => {
  it('is in lowest terms with a positive denominator, whatever it was made of', () => {
    const parts = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
    fc.assert(
      fc.property(parts, parts, fc.bigInt({ min: -1000n, max: 1000n }), (numerator, denominator, factor) => {
        fc.pre(denominator !== 0n && factor !== 0n)
        const value = Rational.of(numerator, denominator)
        expect(value.denominator > 0n).toBe(true)
        expect(value.numerator * denominator).toBe(numerator * value.denominator)
        expect(Rational.of(numerator * factor, denominator * factor)).toEqual(value)
      }),
    )
  })

  it('is a field: the laws of addition and multiplication hold exactly', () => {
    fc.assert(
      fc.property(rationals, rationals, rationals, (a, b, c) => {
        expect(a.plus(b)).toEqual(b.plus(a))
        expect(a.plus(b).plus(c)).toEqual(a.plus(b.plus(c)))
        expect(a.times(b)).toEqual(b.times(a))
        expect(a.times(b.plus(c))).toEqual(a.times(b).plus(a.times(c)))
        expect(a.minus(a)).toEqual(Rational.ZERO)
        if (!b.isZero()) {
          expect(a.dividedBy(b).times(b)).toEqual(a)
          expect(b.times(b.reciprocal())).toEqual(Rational.ONE)
        }
      }),
    )
  })

  it('is totally ordered, in keeping with subtraction', () => {
    fc.assert(
      fc.property(rationals, rationals, (a, b) => {
        const { numerator } = a.minus(b)
        expect(a.compare(b)).toBe(numerator < 0n ? -1 : numerator > 0n ? 1 : 0)
        expect(a.equals(b)).toBe(a.compare(b) === 0)
        expect(a.compare(b) + b.compare(a)).toBe(0)
      }),
    )
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(rationals, (value) => {
        expect(Rational.parse(value.toString())).toEqual(value)
      }),
    )
  })

  it.each([
    ['1.0845', 2169n, 2000n],
    ['-0.5', -1n, 2n],
    ['10', 10n, 1n],
    ['2/6', 1n, 3n],
    ['-4/2', -2n, 1n],
    ['0.00', 0n, 1n],
  ] as const)('parses %s', (text, numerator, denominator) => {
    expect(Rational.parse(text)).toMatchObject({ numerator, denominator })
  })

  it.each(['', '1.', '.5', '+1', '1e3', ' 1', '1 /2', '1/-2', '1/2/3', '1.5/2', '１', '9'.repeat(300)])(
    'refuses %j',
    (text) => {
      expectRefusal(() => Rational.parse(text), 'rational_malformed')
    },
  )

  it('refuses zero denominators and non-text', () => {
    expectRefusal(() => Rational.parse('1/0'), 'division_by_zero')
    expectRefusal(() => Rational.of(1n, 0n), 'division_by_zero')
    expectRefusal(() => Rational.ZERO.reciprocal(), 'division_by_zero')
    // @ts-expect-error: a float is not a rate.
    expectRefusal(() => Rational.parse(1.0845), 'rational_malformed')
  })
})
