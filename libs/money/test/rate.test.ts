import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Asset,
  convert,
  crossRate,
  instrumentAsset,
  inverseRate,
  money,
  quotedRate,
  type Rate,
  Rational,
} from '../src/index.ts'
import {
  assetOf,
  EUR,
  expectRefusal,
  exponents,
  JPY,
  KWD,
  modes,
  modestMinors,
  positiveRationals,
  USD,
  WEI,
} from './support.ts'

const NOON_MS = Date.UTC(2025, 5, 2, 12)
const HOUR_MS = 3_600_000

function rateOf<B extends string, Q extends string>(
  base: Asset<B>,
  quote: Asset<Q>,
  value: string,
): Rate<B, Q> {
  const span = { timeMs: NOON_MS, validUntilMs: NOON_MS + HOUR_MS }
  return quotedRate({ base, quote, value: Rational.parse(value), source: 'desk', ...span })
}

const LARGEST = Rational.of(2n ** 256n - 1n)
const pow = (exponent: number) => Rational.of(10n ** BigInt(exponent))

describe('convert', () => {
  it('loses nothing: value + residue is the exact amount of quote, over all exponents', () => {
    fc.assert(
      fc.property(
        modestMinors,
        positiveRationals,
        exponents,
        exponents,
        modes,
        (minor, value, from, to, mode) => {
          const [base, quote] = [assetOf(from), instrumentAsset(`Q${to}`, to)]
          const rate: Rate = { ...rateOf<string, string>(base, quote, '1'), value }
          const exact = Rational.of(minor).dividedBy(pow(from)).times(value).times(pow(to))
          // what no amount can hold is refused, and tested elsewhere
          fc.pre(exact.abs().compare(LARGEST) < 0)
          const { value: got, residue } = convert(money<string>(base, minor), rate, mode, NOON_MS)
          expect(got.asset).toBe(quote)
          expect(Rational.of(got.minor).plus(residue)).toEqual(exact)
          expect(residue.abs().compare(Rational.ONE)).toBe(-1)
        },
      ),
    )
  })

  it.each([
    // 100.00 EUR at 1.0845 is 108.45 USD, exactly.
    [EUR, USD, '1.0845', 10_000n, 10_845n, '0'],
    // 19.99 USD at 157.23 is 3143.0277 JPY.
    [USD, JPY, '157.23', 1_999n, 3_143n, '277/10000'],
    // 1 JPY at 0.0021 is 0.0021 KWD: two fils and a tenth.
    [JPY, KWD, '0.0021', 1n, 2n, '1/10'],
    // One wei of a token at 3000 USD is next to nothing, but not nothing.
    [WEI, USD, '3000', 1n, 0n, '3/10000000000000'],
    [EUR, USD, '1.5', -1n, -2n, '1/2'],
  ] as const)('from %o to %o at %s', (base, quote, value, minor, expected, residue) => {
    const rate: Rate = rateOf<string, string>(base, quote, value)
    const result = convert(money<string>(base, minor), rate, 'half-even', NOON_MS)
    expect([result.value.minor, result.residue.toString()]).toEqual([expected, residue])
  })

  it('goes one way only', () => {
    const rate = rateOf(EUR, USD, '1.0845')
    // @ts-expect-error: dollars do not go in at the euro end.
    expectRefusal(() => convert(money(USD, 1n), rate, 'down', NOON_MS), 'rate_direction')
    // @ts-expect-error: nor do yen.
    expectRefusal(() => convert(money(JPY, 1n), rate, 'down', NOON_MS), 'asset_mismatch')
  })

  it('goes within the validity of the rate only', () => {
    const rate = rateOf(EUR, USD, '1.0845')
    const at = (atMs: number) => () => convert(money(EUR, 100n), rate, 'down', atMs)
    expectRefusal(at(NOON_MS - 1), 'rate_not_yet_valid')
    expect(at(NOON_MS)().value.minor).toBe(108n)
    expect(at(NOON_MS + HOUR_MS - 1)().value.minor).toBe(108n)
    expectRefusal(at(NOON_MS + HOUR_MS), 'rate_expired')
    expectRefusal(at(Number.NaN), 'rate_malformed')
  })
})

describe('derived rates', () => {
  it('invert exactly, by name, and say so', () => {
    fc.assert(
      fc.property(modestMinors, positiveRationals, (minor, value) => {
        const rate = { ...rateOf(EUR, USD, '1'), value }
        const inverse = inverseRate(rate)
        expect(inverse).toMatchObject({ base: USD, quote: EUR, derivation: 'inverse', derivedFrom: [rate] })
        expect(inverseRate(inverse).value).toEqual(value)
        const there = convert(money(EUR, minor), rate, 'half-even', NOON_MS)
        const back = convert(there.value, inverse, 'half-even', NOON_MS)
        // The way back is off by what rounding took on the way there, seen through the rate, and by its own.
        const exact = Rational.of(minor).minus(there.residue.dividedBy(value))
        expect(Rational.of(back.value.minor).plus(back.residue)).toEqual(exact)
      }),
    )
  })

  it('cross exactly, and hold while both legs hold', () => {
    const first = rateOf(EUR, USD, '1.0845')
    const second = { ...rateOf(USD, JPY, '157.23'), timeMs: NOON_MS + 1, validUntilMs: NOON_MS + 10 }
    const cross = crossRate(first, second)
    expect(cross).toMatchObject({
      base: EUR,
      quote: JPY,
      source: 'desk x desk',
      timeMs: NOON_MS + 1,
      validUntilMs: NOON_MS + 10,
      derivation: 'cross',
      derivedFrom: [first, second],
    })
    expect(cross.value).toEqual(Rational.parse('170.515935'))
    expectRefusal(() => convert(money(EUR, 1n), cross, 'down', NOON_MS), 'rate_not_yet_valid')
    expectRefusal(() => convert(money(EUR, 1n), cross, 'down', NOON_MS + 10), 'rate_expired')
  })

  it('cross only end to end', () => {
    const first = rateOf(EUR, USD, '1.0845')
    // @ts-expect-error: both start from the euro.
    expectRefusal(() => crossRate(first, rateOf(EUR, JPY, '170')), 'rate_direction')
    expectRefusal(() => crossRate(first, inverseRate(first)), 'rate_malformed')
    const later = {
      ...rateOf(USD, JPY, '157'),
      timeMs: NOON_MS + HOUR_MS,
      validUntilMs: NOON_MS + 2 * HOUR_MS,
    }
    expectRefusal(() => crossRate(first, later), 'rate_malformed')
  })
})

describe('quotedRate', () => {
  it('refuses what is no rate', () => {
    const good = rateOf(EUR, USD, '1.0845')
    expect(good).toMatchObject({ derivation: 'quoted', derivedFrom: [] })
    expectRefusal(() => quotedRate({ ...good, value: Rational.ZERO }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, value: Rational.of(-1n) }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, quote: EUR }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, source: ' ' }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, timeMs: 0.5 }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, validUntilMs: Number.NaN }), 'rate_malformed')
    expectRefusal(() => quotedRate({ ...good, validUntilMs: good.timeMs }), 'rate_malformed')
  })
})
