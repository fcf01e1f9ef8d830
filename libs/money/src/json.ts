import type { AssetLookup } from './asset.ts'
import { MoneyError } from './errors.ts'
import { type Money, parseMoney } from './money.ts'

/** Money in JSON: the amount as a plain decimal string in major units, the asset by its code. */
export interface MoneyJson<C extends string = string> {
  readonly amount: string
  readonly asset: C
}

/** The JSON form of money: `{"amount":"12.34","asset":"USD"}`, always with all of the asset's decimals. */
export function moneyToJson<C extends string>(value: Money<C>): MoneyJson<C> {
  return value.toJSON()
}

/**
 * Reads money from parsed JSON of unknown origin. Exactly the two members `amount` and `asset`, both strings.
 *
 * @param lookup which assets are known here, for example from {@link assetLookup}
 * @throws MoneyError `money_malformed`, `amount_not_text` (a JSON number: it may already have lost digits),
 *   `asset_unknown`, and what parseDecimal throws
 */
export function moneyFromJson(json: unknown, lookup: AssetLookup): Money {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed('is not an object')
  const extra = Object.keys(json).find((key) => key !== 'amount' && key !== 'asset')
  if (extra !== undefined) throw malformed('has a member too many')
  if (!('amount' in json) || !('asset' in json)) throw malformed('lacks its amount or its asset')
  const { amount, asset: code } = json
  if (typeof code !== 'string') throw malformed('has an asset that is not a string')
  if (typeof amount !== 'string') {
    throw new MoneyError(
      'amount_not_text',
      'An amount in JSON is a decimal string such as "12.34", never a number.',
    )
  }
  const asset = lookup(code)
  if (!asset)
    throw new MoneyError(
      'asset_unknown',
      'The asset is not known here: check its code, or register it first.',
    )
  return parseMoney(amount, asset)
}

function malformed(fault: string): MoneyError {
  return new MoneyError('money_malformed', `The money ${fault}: send {"amount":"12.34","asset":"USD"}.`)
}
