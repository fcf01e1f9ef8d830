import fc from 'fast-check'
import { expect } from 'vitest'
import {
  AMOUNT_LIMIT,
  type Asset,
  instrumentAsset,
  isoAsset,
  MoneyError,
  type MoneyErrorCode,
  money,
  Rational,
  ROUNDING_MODES,
} from '../src/index.ts'

export const USD = isoAsset('USD')
export const EUR = isoAsset('EUR')
export const JPY = isoAsset('JPY')
export const KWD = isoAsset('KWD')
export const WEI = instrumentAsset('TOKEN-18', 18)

/** The error's code is the contract; what runs must throw it and nothing else. */
export function expectRefusal(run: () => unknown, code: MoneyErrorCode): void {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(MoneyError)
  expect(thrown).toMatchObject({ code })
}

/** Minor units over the whole range, with the small, round and extreme ones often. */
export const minors = fc.oneof(
  fc.bigInt({ min: -200n, max: 200n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  fc.bigInt({ min: 1n - AMOUNT_LIMIT, max: AMOUNT_LIMIT - 1n }),
  fc.constantFrom(
    AMOUNT_LIMIT - 1n,
    1n - AMOUNT_LIMIT,
    10n ** 15n - 1n,
    10n ** 15n,
    -(10n ** 30n),
    2n ** 53n + 1n,
  ),
)

/** Small enough that sums and products of a few stay in range. */
export const modestMinors = fc.oneof(
  fc.bigInt({ min: -200n, max: 200n }),
  fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }),
)

export const exponents = fc.integer({ min: 0, max: 36 })
export const modes = fc.constantFrom(...ROUNDING_MODES)
export const dollars = modestMinors.map((minor) => money(USD, minor))

export const denominators = fc.oneof(
  fc.bigInt({ min: 1n, max: 16n }),
  fc.bigInt({ min: 1n, max: 10n ** 18n }),
  fc.constantFrom(2n, 4n, 10n, 1000n),
)
export const rationals = fc
  .tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), denominators)
  .map(([numerator, denominator]) => Rational.of(numerator, denominator))
export const positiveRationals = rationals.map((value) => value.abs()).filter((value) => !value.isZero())

export function assetOf(exponent: number): Asset {
  return instrumentAsset(`T${exponent}`, exponent)
}
