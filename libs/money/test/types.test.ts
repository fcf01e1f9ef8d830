import { expect, expectTypeOf, it } from 'vitest'
import {
  type Asset,
  add,
  allocate,
  compare,
  convert,
  fee,
  isoAsset,
  type Money,
  max,
  money,
  multiply,
  quotedRate,
  type Rate,
  Rational,
  subtract,
  sum,
} from '../src/index.ts'
import { EUR, USD } from './support.ts'

/** Never called: these lines are for the type checker, which fails where an expected error does not come. */
export function crossAssetArithmeticDoesNotCompile(dollars: Money<'USD'>, euros: Money<'EUR'>): void {
  // @ts-expect-error
  add(dollars, euros)
  // @ts-expect-error
  subtract(dollars, euros)
  // @ts-expect-error
  compare(dollars, euros)
  // @ts-expect-error
  max(dollars, euros)
  // @ts-expect-error
  sum(USD, [dollars, euros])
  // @ts-expect-error
  fee(dollars, { basisPoints: 1n, rounding: 'up', maximum: euros })
  // @ts-expect-error: look-alikes are no money.
  add(dollars, { asset: USD, minor: 1n })
  // @ts-expect-error: number never holds money.
  money(USD, 1)
  // @ts-expect-error: there is no default rounding.
  multiply(dollars, 2n)
  // @ts-expect-error: read-only.
  dollars.minor = 2n
  // @ts-expect-error: no such currency.
  isoAsset('USB')
}

export function ratesLeadOneWay(dollars: Money<'USD'>, rate: Rate<'EUR', 'USD'>): void {
  // @ts-expect-error
  convert(dollars, rate, 'down', 0)
}

it('carries the asset through every operation in the types', () => {
  const value = money(USD, 100n)
  expectTypeOf(value).toEqualTypeOf<Money<'USD'>>()
  expectTypeOf(add(value, value)).toEqualTypeOf<Money<'USD'>>()
  expectTypeOf(multiply(value, 2n, 'up').value).toEqualTypeOf<Money<'USD'>>()
  expectTypeOf(allocate(value, [1n])).toEqualTypeOf<Money<'USD'>[]>()
  const rate = quotedRate({
    base: USD,
    quote: EUR,
    value: Rational.ONE,
    source: 'test',
    timeMs: 0,
    validUntilMs: 1,
  })
  const euros = convert(value, rate, 'up', 0).value
  expectTypeOf(euros).toEqualTypeOf<Money<'EUR'>>()
  expect(euros.minor).toBe(100n)
  expectTypeOf(USD).toExtend<Asset>()
})
