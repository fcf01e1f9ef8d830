import { canonicalCaip19, findCaip19 } from './caip19.ts'
import { checkExponent } from './decimal.ts'
import { MoneyError } from './errors.ts'
import { findIso4217, ISO_4217_CURRENCIES, type Iso4217Code, type Iso4217Currency } from './iso4217.ts'

/** Where an asset's code comes from: ISO 4217, a CAIP-19 identifier, or the house's own list of instruments. */
export type AssetKind = 'iso4217' | 'caip19' | 'instrument'

/**
 * What an amount is an amount of. The code identifies it across the whole system; the same coin on two
 * chains is two assets, because the one cannot be handed over where the other is owed.
 */
export interface Asset<C extends string = string> {
  readonly code: C
  readonly kind: AssetKind
  /** Decimals of the minor unit, 0 to 36: one major unit is 10^exponent minor units. */
  readonly exponent: number
  readonly name?: string
}

/** Finds an asset by its code; `undefined` means unknown, which every boundary refuses. */
export type AssetLookup = (code: string) => Asset | undefined

const INSTRUMENT_CODE = /^[A-Za-z0-9][A-Za-z0-9._'-]{0,63}$/

/** One object per currency, so that comparing assets is mostly comparing references. */
const ISO_ASSETS: ReadonlyMap<string, Asset> = new Map(
  ISO_4217_CURRENCIES.flatMap((currency) =>
    currency.exponent === undefined
      ? []
      : [[currency.code, newIsoAsset(currency.code, currency, currency.exponent)]],
  ),
)

/**
 * A currency of ISO 4217, with the decimals of the standard.
 *
 * The codes without a minor unit (gold, silver, XDR, test code XTS, …) are money only with an exponent given:
 * `isoAsset('XAU', 6)`. `XXX` means "no currency" and is refused.
 *
 * @param exponent only where ISO 4217 says N.A.; integer 0 to 36
 * @throws MoneyError `asset_unknown`, `exponent_missing`, `exponent_fixed`, `exponent_out_of_range`
 */
export function isoAsset<C extends Iso4217Code>(code: C, exponent?: number): Asset<C> {
  const currency = findIso4217(code)
  if (!currency || code === 'XXX') throw unknownCurrency()
  if (currency.exponent === undefined) {
    if (exponent === undefined) throw exponentMissing(code)
    return newIsoAsset(code, currency, checkExponent(exponent))
  }
  if (exponent !== undefined && exponent !== currency.exponent) throw exponentFixed(code, currency.exponent)
  // The map is keyed by the very code that is asked for.
  return ISO_ASSETS.get(code) as Asset<C>
}

/** The ISO 4217 currency of a code from outside, or `undefined`; never one without a minor unit. */
export function findIsoAsset(code: string): Asset | undefined {
  return ISO_ASSETS.get(code)
}

/**
 * A token named by CAIP-19, for example `eip155:1/erc20:0xa0b8…eb48` with 6 decimals.
 *
 * @param code in its canonical spelling, see {@link canonicalCaip19}
 * @param exponent integer 0 to 36, as the token's contract says
 * @throws MoneyError `asset_malformed`, `exponent_out_of_range`
 */
export function tokenAsset<C extends string>(code: C, exponent: number, name?: string): Asset<C> {
  if (canonicalCaip19(code) !== code) {
    throw new MoneyError(
      'asset_malformed',
      'Addresses on EVM chains are written in lower case, so that one token has one code: use canonicalCaip19.',
    )
  }
  return newAsset(code, 'caip19', checkExponent(exponent), name)
}

/**
 * An instrument under the house's own code: a share, a loyalty point, a voucher.
 *
 * @param code letters, digits and `. _ ' -`, starting with a letter or digit, at most 64; no ISO 4217 code, in
 *   whatever case
 * @param exponent integer 0 to 36
 * @throws MoneyError `asset_malformed`, `exponent_out_of_range`
 */
export function instrumentAsset<C extends string>(code: C, exponent: number, name?: string): Asset<C> {
  if (!INSTRUMENT_CODE.test(code)) {
    throw new MoneyError(
      'asset_malformed',
      "An instrument's code has 1 to 64 letters, digits and . _ ' - and starts with a letter or digit.",
    )
  }
  if (findIso4217(code.toUpperCase())) {
    throw new MoneyError('asset_malformed', 'The code belongs to a currency of ISO 4217: choose another.')
  }
  return newAsset(code, 'instrument', checkExponent(exponent), name)
}

/** Whether two assets are the same: code, kind and decimals. */
export function sameAsset(left: Asset, right: Asset): boolean {
  if (left === right) return true
  return left.code === right.code && left.exponent === right.exponent && left.kind === right.kind
}

/**
 * A lookup over all currencies of ISO 4217 and the given assets. Codes of tokens are found in any spelling of
 * an EVM address.
 * @throws MoneyError `asset_duplicate` when two assets share a code
 */
export function assetLookup(assets: Iterable<Asset> = []): AssetLookup {
  const byCode = new Map(ISO_ASSETS)
  for (const asset of assets) {
    const known = byCode.get(asset.code)
    if (known && !sameAsset(known, asset)) {
      throw new MoneyError(
        'asset_duplicate',
        'Two different assets have the same code: a code names one asset.',
      )
    }
    byCode.set(asset.code, asset)
  }
  return (code) => byCode.get(code) ?? (findCaip19(code) && byCode.get(canonicalCaip19(code)))
}

function newIsoAsset<C extends string>(code: C, currency: Iso4217Currency, exponent: number): Asset<C> {
  return newAsset(code, 'iso4217', exponent, currency.name)
}

function newAsset<C extends string>(code: C, kind: AssetKind, exponent: number, name?: string): Asset<C> {
  const asset = { code, kind, exponent }
  return Object.freeze(name === undefined ? asset : { ...asset, name })
}

function unknownCurrency(): MoneyError {
  return new MoneyError('asset_unknown', 'ISO 4217 has no such currency: write its three capital letters.')
}

function exponentMissing(code: string): MoneyError {
  return new MoneyError(
    'exponent_missing',
    `ISO 4217 gives ${code} no minor unit: say how many decimals to keep.`,
  )
}

function exponentFixed(code: string, exponent: number): MoneyError {
  return new MoneyError(
    'exponent_fixed',
    `ISO 4217 gives ${code} ${exponent} decimals: leave the exponent out.`,
  )
}
