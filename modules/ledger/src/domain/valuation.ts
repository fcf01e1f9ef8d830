import { type Asset, convert, money, type Rate, Rational, type RoundingMode } from '@florin/money'
import { type AccountType, accountTypes, normalSide } from './account.ts'

/** An account's balance on the debit side, in minor units of its asset. */
export interface Balance {
  readonly address: string
  readonly asset: string
  readonly type: AccountType
  readonly net: bigint
}

export interface ValuedAccount extends Balance {
  /** Undefined: the balance is in the reporting asset already. */
  readonly rate: Rate | undefined
  /** Minor units of the reporting asset, on the debit side. */
  readonly value: bigint
  /** Exact value minus `value`, in minor units. */
  readonly residue: Rational
}

export interface ValuedTotal {
  readonly value: bigint
  readonly residue: Rational
}

export interface ValuationTerms {
  readonly reporting: Asset
  /** Of every other asset that occurs. */
  readonly assets: ReadonlyMap<string, Asset>
  readonly rates: ReadonlyMap<string, Rate>
  readonly rounding: RoundingMode
  /** Epoch milliseconds at which the rates are in force. */
  readonly at: number
}

/**
 * What an amount is worth in the reporting asset. Nothing is worth nothing, at any rate.
 * @throws MoneyError `amount_out_of_range`
 */
export function worth(
  asset: string,
  minor: bigint,
  terms: ValuationTerms,
): ValuedTotal & { rate: Rate | undefined } {
  if (asset === terms.reporting.code || minor === 0n)
    return { rate: undefined, value: minor, residue: Rational.ZERO }
  const rate = terms.rates.get(asset)
  const held = terms.assets.get(asset)
  if (rate === undefined || held === undefined) throw new Error(`No rate was loaded for ${asset}`)
  const { value, residue } = convert(money(held, minor), rate, terms.rounding, terms.at)
  return { rate, value: value.minor, residue }
}

/** Each balance by itself: what is shown for an account is that account's value, rounded once. */
export function valued(balances: readonly Balance[], terms: ValuationTerms): ValuedAccount[] {
  return balances.map((balance) => ({ ...balance, ...worth(balance.asset, balance.net, terms) }))
}

/** Sums of the shown values, each with what all the rounding left over, exactly. */
export function totalOf(accounts: readonly ValuedAccount[]): ValuedTotal {
  return {
    value: accounts.reduce((sum, account) => sum + account.value, 0n),
    residue: residueOf(accounts),
  }
}

/** By type, on each type's normal side. */
export function totalsByType(accounts: readonly ValuedAccount[]): (ValuedTotal & { type: AccountType })[] {
  return accountTypes.flatMap((type) => {
    const own = accounts.filter((account) => account.type === type)
    if (own.length === 0) return []
    const { value, residue } = totalOf(own)
    return normalSide(type) === 'debit'
      ? [{ type, value, residue }]
      : [{ type, value: -value, residue: residue.negated() }]
  })
}

/** Residues of one asset have one denominator: they are added up first, so that the sum stays cheap. */
function residueOf(accounts: readonly ValuedAccount[]): Rational {
  const byAsset = new Map<string, Rational>()
  for (const { asset, residue } of accounts)
    byAsset.set(asset, (byAsset.get(asset) ?? Rational.ZERO).plus(residue))
  return [...byAsset.values()].reduce((sum, residue) => sum.plus(residue), Rational.ZERO)
}
