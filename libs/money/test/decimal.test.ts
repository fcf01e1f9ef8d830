import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AMOUNT_LIMIT, formatDecimal, type MoneyErrorCode, parseDecimal } from '../src/index.ts'
import { naiveFormat, naiveParse } from './naive.ts'
import { expectRefusal, exponents, minors } from './support.ts'

const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789.-'), maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 10, maxLength: 130 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.tuple(minors, exponents).map(([minor, exponent]) => naiveFormat(minor, exponent)),
)

describe('parseDecimal and formatDecimal', () => {
  it('are inverse over all exponents, up to 2^256', () => {
    fc.assert(
      fc.property(minors, exponents, (minor, exponent) => {
        const text = formatDecimal(minor, exponent)
        expect(text).toBe(naiveFormat(minor, exponent))
        expect(parseDecimal(text, exponent)).toBe(minor)
      }),
      { numRuns: 2000 },
    )
  })

  it('agree with the naive parser on any text, in what they take and in what they refuse', () => {
    fc.assert(
      fc.property(anyText, exponents, (text, exponent) => {
        let parsed: bigint | 'refused'
        try {
          parsed = parseDecimal(text, exponent)
        } catch {
          parsed = 'refused'
        }
        expect(parsed).toBe(naiveParse(text, exponent))
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['12.34', 2, 1234n],
    ['12.3', 2, 1230n],
    ['12', 2, 1200n],
    ['-0.05', 2, -5n],
    ['007', 0, 7n],
    ['500', 0, 500n],
    ['1.234', 3, 1234n],
    ['0.000000000000000001', 18, 1n],
    ['-0', 2, 0n],
    ['-0.00', 2, 0n],
    ['999999999999999', 0, 999999999999999n],
    ['9999999999999999', 0, 9999999999999999n],
    ['100000000000000000000000000000.01', 2, 10000000000000000000000000000001n],
    [(AMOUNT_LIMIT - 1n).toString(), 0, AMOUNT_LIMIT - 1n],
    [`-${AMOUNT_LIMIT - 1n}`, 0, 1n - AMOUNT_LIMIT],
  ] as const)('parses %s with %i decimals', (text, exponent, minor) => {
    expect(parseDecimal(text, exponent)).toBe(minor)
  })

  const refusals: readonly [string, MoneyErrorCode][] = [
    ['', 'amount_malformed'],
    ['-', 'amount_malformed'],
    ['.', 'amount_malformed'],
    ['-.', 'amount_malformed'],
    ['1.', 'amount_malformed'],
    ['.5', 'amount_malformed'],
    ['-.5', 'amount_malformed'],
    ['1.2.3', 'amount_malformed'],
    ['--1', 'amount_malformed'],
    ['1-', 'amount_malformed'],
    ['+1', 'amount_malformed'],
    [' 1', 'amount_malformed'],
    ['1 ', 'amount_malformed'],
    ['1\n', 'amount_malformed'],
    ['1e3', 'amount_malformed'],
    ['0x1', 'amount_malformed'],
    ['1_000', 'amount_malformed'],
    ['1,000', 'amount_malformed'],
    ['NaN', 'amount_malformed'],
    ['Infinity', 'amount_malformed'],
    ['１２', 'amount_malformed'],
    ['١٢', 'amount_malformed'],
    ['−1', 'amount_malformed'],
    ['1\u0000', 'amount_malformed'],
    ['😀', 'amount_malformed'],
    ['1.234', 'amount_too_many_decimals'],
    ['1.230', 'amount_too_many_decimals'],
    ['1.00000000000000000000000000000000000000000000000000', 'amount_too_many_decimals'],
    [AMOUNT_LIMIT.toString(), 'amount_out_of_range'],
    [`-${AMOUNT_LIMIT}`, 'amount_out_of_range'],
    ['9'.repeat(1_000_000), 'amount_out_of_range'],
  ]
  it.each(refusals)('refuses %j', (text, code) => {
    expectRefusal(() => parseDecimal(text, 2), code)
  })

  it('refuses what is not text', () => {
    for (const value of [12.34, 12n, null, undefined, ['1'], Number.NaN]) {
      // @ts-expect-error: the types say so already; plain JavaScript callers meet the check.
      expectRefusal(() => parseDecimal(value, 2), 'amount_not_text')
    }
  })

  it('refuses exponents that no asset has', () => {
    for (const exponent of [-1, 37, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectRefusal(() => parseDecimal('1', exponent), 'exponent_out_of_range')
      expectRefusal(() => formatDecimal(1n, exponent), 'exponent_out_of_range')
    }
  })

  it('never repeats the input in a message', () => {
    expect(() => parseDecimal('4111111111111111x', 2)).toThrow(/^(?!.*4111)/)
  })
})
