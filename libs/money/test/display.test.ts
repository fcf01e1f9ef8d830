import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AMOUNT_LIMIT,
  displayAmount,
  formatDecimal,
  isoAsset,
  type MoneyErrorCode,
  money,
  parseLocalised,
} from '../src/index.ts'
import { EUR, expectRefusal, JPY, KWD, minors, USD, WEI } from './support.ts'

/** Scripts, grouping habits (3; 3-2; none below five digits), signs and digits as different as they come. */
const locales = fc.constantFrom(
  'en',
  'de',
  'de-CH',
  'fr',
  'es',
  'pl',
  'en-IN',
  'sv',
  'ar-EG',
  'fa',
  'he',
  'ja',
  'pt-PT',
)
const assets = fc.constantFrom(USD, JPY, KWD, WEI)

describe('displayAmount', () => {
  it.each([
    [USD, 123_456n, 'en', '$1,234.56'],
    [USD, -123_456n, 'en', '-$1,234.56'],
    [EUR, 123_456_789n, 'de', '1.234.567,89\u00a0€'],
    [JPY, 1_234_567n, 'ja', '￥1,234,567'],
    [KWD, 1_234_567n, 'en', 'KWD\u00a01,234.567'],
    [isoAsset('IDR'), 150n, 'en', 'IDR\u00a01.50'],
    [isoAsset('CLF'), 12_345n, 'en', 'CLF\u00a01.2345'],
    [isoAsset('USD'), 1_234_567_890n, 'en-IN', '$1,23,45,678.90'],
    [WEI, 1_234_500_000_000_000_000_000n, 'en', '1,234.500000000000000000\u00a0TOKEN-18'],
  ] as const)('shows %o %s in %s as %s', (asset, minor, locale, text) => {
    expect(displayAmount(money<string>(asset, minor), { locale })).toBe(text)
  })

  it('shows every digit of any amount', () => {
    fc.assert(
      fc.property(minors, assets, (minor, asset) => {
        const shown = displayAmount(money<string>(asset, minor), { locale: 'en', currencyDisplay: 'code' })
        const digits = shown.replace(asset.code, '').replaceAll(/[^0-9.-]/g, '')
        expect(digits).toBe(formatDecimal(minor, asset.exponent))
      }),
      { numRuns: 1000 },
    )
    const largest = displayAmount(money(WEI, AMOUNT_LIMIT - 1n), { locale: 'en' })
    expect(largest).toMatch(/^115,792,089,.*,039,457\.584007913129639935\u00a0TOKEN-18$/)
  })

  it('refuses locales that the runtime does not know', () => {
    for (const locale of ['xx', 'not a locale', '', 'en_US']) {
      expectRefusal(() => displayAmount(money(USD, 1n), { locale }), 'locale_unknown')
      expectRefusal(() => parseLocalised('1', USD, locale), 'locale_unknown')
    }
  })
})

describe('parseLocalised', () => {
  it('reads what the locale writes, grouped or not, to the last digit', () => {
    fc.assert(
      fc.property(minors, assets, locales, fc.boolean(), (minor, asset, locale, grouped) => {
        const digits = { minimumFractionDigits: asset.exponent, maximumFractionDigits: asset.exponent }
        const format = new Intl.NumberFormat(locale, { ...digits, useGrouping: grouped ? 'always' : false })
        const written = format.format(formatDecimal(minor, asset.exponent) as Intl.StringNumericLiteral)
        expect(parseLocalised<string>(written, asset, locale).minor).toBe(minor)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['1.234,5', 'de', 123_450n],
    ['1234,50', 'de', 123_450n],
    ['1.234', 'de', 123_400n],
    ['-1,234.50', 'en', -123_450n],
    ['\u22125', 'sv', -500n],
    ['-5', 'sv', -500n],
    ['12,34,567.8', 'en-IN', 123_456_780n],
    ['1 234,50', 'fr', 123_450n],
    ['1\u00a0234,50', 'fr', 123_450n],
    ['1\u202f234,50', 'fr', 123_450n],
    ["1'234.50", 'de-CH', 123_450n],
    ['1\u2019234.50', 'de-CH', 123_450n],
    ['١٬٢٣٤٫٥', 'ar-EG', 123_450n],
    ['0', 'en', 0n],
    ['0.05', 'en', 5n],
  ] as const)('reads %s in %s', (text, locale, minor) => {
    expect(parseLocalised(text, USD, locale).minor).toBe(minor)
  })

  const refusals: readonly [string, string, MoneyErrorCode][] = [
    ['', 'en', 'amount_malformed'],
    ['-', 'en', 'amount_malformed'],
    ['1.23', 'de', 'amount_malformed'],
    ['1,5', 'en', 'amount_malformed'],
    ['1,2345', 'en', 'amount_malformed'],
    ['1234,567', 'en', 'amount_malformed'],
    ['1,,234', 'en', 'amount_malformed'],
    [',123', 'en', 'amount_malformed'],
    ['1,234,', 'en', 'amount_malformed'],
    ['12,34,567', 'en', 'amount_malformed'],
    ['1,234,567', 'en-IN', 'amount_malformed'],
    ['1.234.5', 'en', 'amount_malformed'],
    ['1.5', 'fr', 'amount_malformed'],
    ['.5', 'en', 'amount_malformed'],
    ['5.', 'en', 'amount_malformed'],
    ['1.0,5', 'en', 'amount_malformed'],
    ['007', 'en', 'amount_malformed'],
    ['0,001', 'en', 'amount_malformed'],
    ['+1', 'en', 'amount_malformed'],
    ['--1', 'en', 'amount_malformed'],
    ['1-', 'en', 'amount_malformed'],
    ['1e3', 'en', 'amount_malformed'],
    ['0x1', 'en', 'amount_malformed'],
    ['NaN', 'en', 'amount_malformed'],
    ['$1', 'en', 'amount_malformed'],
    [' 1', 'en', 'amount_malformed'],
    ['1 234', 'en', 'amount_malformed'],
    ['１２', 'en', 'amount_malformed'],
    ['١٢', 'en', 'amount_malformed'],
    ['12', 'ar-EG', 'amount_malformed'],
    ['١2', 'ar-EG', 'amount_malformed'],
    ['1.234', 'en', 'amount_too_many_decimals'],
    ['9'.repeat(79), 'en', 'amount_out_of_range'],
    ['9'.repeat(100_000), 'en', 'amount_out_of_range'],
  ]
  it.each(refusals)('refuses %j in %s', (text, locale, code) => {
    expectRefusal(() => parseLocalised(text, USD, locale), code)
  })

  it('refuses what is not text', () => {
    // @ts-expect-error: a number may already have lost digits.
    expectRefusal(() => parseLocalised(12.34, USD, 'en'), 'amount_not_text')
  })
})
