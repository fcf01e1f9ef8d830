import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AMOUNT_LIMIT,
  type Asset,
  abs,
  add,
  compare,
  equals,
  formatMoney,
  instrumentAsset,
  isNegative,
  isPositive,
  isZero,
  type Money,
  max,
  min,
  money,
  negate,
  parseMoney,
  subtract,
  sum,
  zero,
} from '../src/index.ts'
import { dollars, EUR, expectRefusal, minors, USD } from './support.ts'

/** Assets known only at run time, as at every boundary. */
const untyped = (asset: Asset, minor: bigint): Money => money(asset, minor)

describe('arithmetic within one asset', () => {
  it('is a commutative group under addition', () => {
    fc.assert(
      fc.property(dollars, dollars, dollars, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a))
        expect(add(add(a, b), c)).toEqual(add(a, add(b, c)))
        expect(add(a, zero(USD))).toEqual(a)
        expect(add(a, negate(a))).toEqual(zero(USD))
        expect(subtract(add(a, b), b)).toEqual(a)
        expect(add(a, b).minor).toBe(a.minor + b.minor)
      }),
    )
  })

  it('sums in any order to the same total', () => {
    fc.assert(
      fc.property(fc.array(dollars), (values) => {
        const total = values.reduce((left, right) => add(left, right), zero(USD))
        expect(sum(USD, values)).toEqual(total)
        expect(sum(USD, values.toReversed())).toEqual(total)
      }),
    )
  })

  it('is totally ordered, in keeping with addition', () => {
    fc.assert(
      fc.property(dollars, dollars, dollars, (a, b, c) => {
        expect(compare(a, b)).toBe(a.minor < b.minor ? -1 : a.minor > b.minor ? 1 : 0)
        expect(compare(a, b) + compare(b, a)).toBe(0)
        expect(equals(a, b)).toBe(compare(a, b) === 0)
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0)
        expect(compare(add(a, c), add(b, c))).toBe(compare(a, b))
      }),
    )
  })

  it('finds the smallest and the largest', () => {
    fc.assert(
      fc.property(dollars, fc.array(dollars), (first, others) => {
        const all = [first, ...others].map((value) => value.minor)
        const least = min(first, ...others)
        const most = max(first, ...others)
        expect(all).toContain(least.minor)
        expect(all).toContain(most.minor)
        expect(all.every((minor) => least.minor <= minor && minor <= most.minor)).toBe(true)
      }),
    )
  })

  it('knows signs', () => {
    fc.assert(
      fc.property(dollars, (value) => {
        expect([isNegative(value), isZero(value), isPositive(value)].filter(Boolean)).toHaveLength(1)
        expect(isNegative(abs(value))).toBe(false)
        expect(abs(value)).toEqual(isNegative(value) ? negate(value) : value)
      }),
    )
  })

  it('keeps every amount in range', () => {
    const most = money(USD, AMOUNT_LIMIT - 1n)
    const cent = money(USD, 1n)
    expectRefusal(() => add(most, cent), 'amount_out_of_range')
    expectRefusal(() => subtract(negate(most), cent), 'amount_out_of_range')
    expectRefusal(() => money(USD, AMOUNT_LIMIT), 'amount_out_of_range')
    expectRefusal(() => money(USD, -AMOUNT_LIMIT), 'amount_out_of_range')
    expect(sum(USD, [most, cent, negate(cent)])).toEqual(most)
  })

  it('refuses a number for minor units', () => {
    // @ts-expect-error: number never holds money.
    expectRefusal(() => money(USD, 1234), 'amount_not_bigint')
  })
})

describe('arithmetic across assets', () => {
  const left = untyped(USD, 1n)
  const right = untyped(EUR, 1n)

  it('is refused at run time where types cannot say', () => {
    for (const operation of [add, subtract, compare, equals, min, max]) {
      expectRefusal(() => operation(left, right), 'asset_mismatch')
    }
    expectRefusal(() => sum<string>(USD, [left, right]), 'asset_mismatch')
    expectRefusal(() => sum<string>(EUR, [left]), 'asset_mismatch')
  })

  it('takes one code with two exponents for two assets', () => {
    const coarse = money(instrumentAsset('POINT', 0), 1n)
    const fine = money(instrumentAsset('POINT', 2), 1n)
    expectRefusal(() => add(coarse, fine), 'asset_mismatch')
    expect(add(coarse, money(instrumentAsset('POINT', 0), 2n)).minor).toBe(3n)
  })
})

describe('money as text', () => {
  it('parses what it formats', () => {
    fc.assert(
      fc.property(minors, (minor) => {
        const value = money(USD, minor)
        expect(parseMoney(formatMoney(value), USD)).toEqual(value)
        expect(`${value}`).toBe(`${formatMoney(value)} USD`)
      }),
    )
  })

  it('does not let operators treat amounts as texts', () => {
    const [nine, ten] = [money(USD, 900n), money(USD, 1000n)]
    // @ts-expect-error: objects do not add.
    expectRefusal(() => nine + ten, 'money_not_primitive')
    expectRefusal(() => nine < ten, 'money_not_primitive')
  })
})
