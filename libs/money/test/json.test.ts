import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assetLookup, type MoneyErrorCode, money, moneyFromJson, moneyToJson } from '../src/index.ts'
import { expectRefusal, JPY, KWD, minors, USD, WEI } from './support.ts'

const lookup = assetLookup([WEI])

describe('money in JSON', () => {
  it('comes back as it went out', () => {
    fc.assert(
      fc.property(minors, fc.constantFrom(USD, JPY, KWD, WEI), (minor, asset) => {
        const value = money<string>(asset, minor)
        expect(moneyFromJson(JSON.parse(JSON.stringify(value)), lookup)).toEqual(value)
        expect(moneyFromJson(moneyToJson(value), lookup)).toEqual(value)
      }),
    )
    expect(JSON.stringify(money(USD, 1234n))).toBe('{"amount":"12.34","asset":"USD"}')
    expect(JSON.stringify(money(JPY, -7n))).toBe('{"amount":"-7","asset":"JPY"}')
  })

  const refusals: readonly [string, MoneyErrorCode][] = [
    ['{"amount":12.34,"asset":"USD"}', 'amount_not_text'],
    ['{"amount":null,"asset":"USD"}', 'amount_not_text'],
    ['{"amount":"12.34","asset":"usd"}', 'asset_unknown'],
    ['{"amount":"12.34","asset":"__proto__"}', 'asset_unknown'],
    ['{"amount":"12.34","asset":840}', 'money_malformed'],
    ['{"amount":"12.34"}', 'money_malformed'],
    ['{"asset":"USD"}', 'money_malformed'],
    ['{"amount":"12.34","asset":"USD","scale":2}', 'money_malformed'],
    ['["12.34","USD"]', 'money_malformed'],
    ['"12.34 USD"', 'money_malformed'],
    ['12.34', 'money_malformed'],
    ['null', 'money_malformed'],
    ['{"amount":"1e2","asset":"USD"}', 'amount_malformed'],
    ['{"amount":"12.345","asset":"USD"}', 'amount_too_many_decimals'],
    ['{"amount":"12.0","asset":"JPY"}', 'amount_too_many_decimals'],
  ]
  it.each(refusals)('refuses %s', (text, code) => {
    const json: unknown = JSON.parse(text)
    expectRefusal(() => moneyFromJson(json, lookup), code)
  })
})
