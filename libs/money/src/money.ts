import { type Asset, sameAsset } from './asset.ts'
import { AMOUNT_LIMIT, checkRange, formatDecimal, parseDecimal } from './decimal.ts'
import { MoneyError } from './errors.ts'

/**
 * An amount of one asset: a signed integer of minor units. Immutable. `C` is the asset's code, so that mixing
 * assets is a compile error where the codes are known, and `asset_mismatch` at run time where they are not.
 *
 * Made by {@link money}, {@link parseMoney}, {@link zero} and the functions of this package.
 */
export class Money<C extends string = string> {
  readonly asset: Asset<C>
  /** Minor units (cents, satoshi, wei), |minor| < 2^256. */
  readonly minor: bigint

  /** @throws MoneyError `amount_out_of_range`, `amount_not_bigint` */
  constructor(asset: Asset<C>, minor: bigint) {
    if (typeof minor !== 'bigint') throw notBigint()
    this.asset = asset
    this.minor = minor >= AMOUNT_LIMIT || minor < 0n ? checkRange(minor) : minor
  }

  /** `"12.34 USD"`, for logs and people in a hurry; for a screen see `displayAmount`. */
  toString(): string {
    return `${formatDecimal(this.minor, this.asset.exponent)} ${this.asset.code}`
  }

  /** The form of money in JSON: `{"amount":"12.34","asset":"USD"}`. */
  toJSON(): { amount: string; asset: C } {
    return { amount: formatDecimal(this.minor, this.asset.exponent), asset: this.asset.code }
  }

  /** Text is fine in a template; `a + b` and `a < b` would compare or join texts, so they throw. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString()
    throw new MoneyError(
      'money_not_primitive',
      'Operators do not work on money: use add, subtract or compare.',
    )
  }
}

/**
 * Money from minor units: `money(USD, 1234n)` is 12.34 USD.
 * @throws MoneyError `amount_out_of_range`, `amount_not_bigint`
 */
export function money<C extends string>(asset: Asset<C>, minor: bigint): Money<C> {
  return new Money(asset, minor)
}

/** Nothing of an asset. */
export function zero<C extends string>(asset: Asset<C>): Money<C> {
  return new Money(asset, 0n)
}

/**
 * Money from a plain decimal string in major units, see {@link parseDecimal}: `parseMoney('12.34', USD)`.
 * @throws MoneyError as parseDecimal does
 */
export function parseMoney<C extends string>(text: string, asset: Asset<C>): Money<C> {
  return new Money(asset, parseDecimal(text, asset.exponent))
}

/** The amount as a plain decimal string with exactly the asset's decimals, without its code: `"12.34"`. */
export function formatMoney(value: Money): string {
  return formatDecimal(value.minor, value.asset.exponent)
}

/** @throws MoneyError `asset_mismatch`, `amount_out_of_range` */
export function add<C extends string>(left: Money<C>, right: Money<NoInfer<C>>): Money<C> {
  checkSameAsset(left, right)
  return new Money(left.asset, left.minor + right.minor)
}

/** @throws MoneyError `asset_mismatch`, `amount_out_of_range` */
export function subtract<C extends string>(left: Money<C>, right: Money<NoInfer<C>>): Money<C> {
  checkSameAsset(left, right)
  return new Money(left.asset, left.minor - right.minor)
}

/**
 * The total of any number of amounts of one asset; nothing at all sums to zero. The order does not matter:
 * only the total has to be in range.
 * @throws MoneyError `asset_mismatch`, `amount_out_of_range`
 */
export function sum<C extends string>(asset: Asset<C>, values: Iterable<Money<NoInfer<C>>>): Money<C> {
  let total = 0n
  for (const value of values) {
    if (!sameAsset(asset, value.asset)) throw mismatch(asset, value.asset)
    total += value.minor
  }
  return new Money(asset, total)
}

/** -1, 0 or 1 as left is less than, equal to or more than right. @throws MoneyError `asset_mismatch` */
export function compare<C extends string>(left: Money<C>, right: Money<NoInfer<C>>): -1 | 0 | 1 {
  checkSameAsset(left, right)
  if (left.minor === right.minor) return 0
  return left.minor < right.minor ? -1 : 1
}

/**
 * Whether both are the same amount. Amounts of two assets are not unequal but incomparable: asking is a mistake.
 * @throws MoneyError `asset_mismatch`
 */
export function equals<C extends string>(left: Money<C>, right: Money<NoInfer<C>>): boolean {
  checkSameAsset(left, right)
  return left.minor === right.minor
}

/** The smallest of one or more amounts. @throws MoneyError `asset_mismatch` */
export function min<C extends string>(first: Money<C>, ...others: readonly Money<NoInfer<C>>[]): Money<C> {
  return others.reduce<Money<C>>((least, value) => (compare<C>(value, least) < 0 ? value : least), first)
}

/** The largest of one or more amounts. @throws MoneyError `asset_mismatch` */
export function max<C extends string>(first: Money<C>, ...others: readonly Money<NoInfer<C>>[]): Money<C> {
  return others.reduce<Money<C>>((most, value) => (compare<C>(value, most) > 0 ? value : most), first)
}

export function negate<C extends string>(value: Money<C>): Money<C> {
  return new Money(value.asset, -value.minor)
}

export function abs<C extends string>(value: Money<C>): Money<C> {
  return value.minor < 0n ? negate(value) : value
}

export function isZero(value: Money): boolean {
  return value.minor === 0n
}

export function isPositive(value: Money): boolean {
  return value.minor > 0n
}

export function isNegative(value: Money): boolean {
  return value.minor < 0n
}

/**
 * The guard for code that holds money of assets not known until run time.
 * @throws MoneyError `asset_mismatch`
 */
export function checkSameAsset(left: Money, right: Money): void {
  if (!sameAsset(left.asset, right.asset)) throw mismatch(left.asset, right.asset)
}

function mismatch(left: Asset, right: Asset): MoneyError {
  return new MoneyError(
    'asset_mismatch',
    `${describe(left)} and ${describe(right)} are different assets: convert one at a rate first.`,
  )
}

function describe(asset: Asset): string {
  return `${asset.code} (${asset.exponent} decimals)`
}

function notBigint(): MoneyError {
  return new MoneyError(
    'amount_not_bigint',
    'Minor units are a bigint: write 1234n, or parse a decimal string.',
  )
}
