import type { Asset } from './asset.ts'
import { checkSameAsset, Money } from './money.ts'
import { Rational } from './rational.ts'
import { type RoundingMode, roundQuotient } from './rounding.ts'

/**
 * Money that came out of a division, with what rounding left over:
 *
 *     value.minor + residue = the exact result, in minor units of value's asset
 *
 * The residue is below one minor unit in size. Book it or account for it: it is somebody's.
 */
export class Rounded<C extends string = string> {
  readonly value: Money<C>
  private readonly numerator: bigint
  private readonly denominator: bigint

  /** `value` is `numerator / denominator` minor units, rounded. */
  constructor(value: Money<C>, numerator: bigint, denominator: bigint) {
    this.value = value
    this.numerator = numerator
    this.denominator = denominator
  }

  /** Exact result minus value, in minor units. Reduced only when asked for: the common divisor is the dear part. */
  get residue(): Rational {
    return Rational.of(this.numerator - this.value.minor * this.denominator, this.denominator)
  }
}

/**
 * Money times an exact factor.
 * @throws MoneyError `rounding_unknown`, `amount_out_of_range`
 */
export function multiply<C extends string>(
  value: Money<C>,
  factor: bigint | Rational,
  mode: RoundingMode,
): Rounded<C> {
  if (typeof factor === 'bigint') return roundedMoney(value.asset, value.minor * factor, 1n, mode)
  return roundedMoney(value.asset, value.minor * factor.numerator, factor.denominator, mode)
}

/**
 * Money times a whole number: exact, so nothing to round.
 * @throws MoneyError `amount_out_of_range`
 */
export function times<C extends string>(value: Money<C>, count: bigint): Money<C> {
  return new Money(value.asset, value.minor * count)
}

/**
 * Money divided by an exact divisor. To hand money out without losing any, see `allocate` and `split`.
 * @throws MoneyError `division_by_zero`, `rounding_unknown`, `amount_out_of_range`
 */
export function divide<C extends string>(
  value: Money<C>,
  divisor: bigint | Rational,
  mode: RoundingMode,
): Rounded<C> {
  if (typeof divisor === 'bigint') return multiply(value, Rational.of(1n, divisor), mode)
  return multiply(value, divisor.reciprocal(), mode)
}

/**
 * So many per cent of an amount: `percentage(net, Rational.parse('8.1'), 'half-up')`.
 * @throws MoneyError `rounding_unknown`, `amount_out_of_range`
 */
export function percentage<C extends string>(
  value: Money<C>,
  percent: bigint | Rational,
  mode: RoundingMode,
): Rounded<C> {
  return share(value, percent, 100n, mode)
}

/**
 * So many basis points (hundredths of a per cent) of an amount.
 * @throws MoneyError `rounding_unknown`, `amount_out_of_range`
 */
export function basisPoints<C extends string>(
  value: Money<C>,
  points: bigint | Rational,
  mode: RoundingMode,
): Rounded<C> {
  return share(value, points, 10_000n, mode)
}

/**
 * How many times right goes into left, exactly: the rational between two amounts of one asset.
 * @throws MoneyError `asset_mismatch`, `division_by_zero`
 */
export function ratio<C extends string>(left: Money<C>, right: Money<NoInfer<C>>): Rational {
  checkSameAsset(left, right)
  return Rational.of(left.minor, right.minor)
}

/**
 * `numerator / denominator` minor units of an asset, rounded. The floor under every function here.
 * @param denominator greater than zero
 */
export function roundedMoney<C extends string>(
  asset: Asset<C>,
  numerator: bigint,
  denominator: bigint,
  mode: RoundingMode,
): Rounded<C> {
  return new Rounded(new Money(asset, roundQuotient(numerator, denominator, mode)), numerator, denominator)
}

function share<C extends string>(
  value: Money<C>,
  count: bigint | Rational,
  whole: bigint,
  mode: RoundingMode,
): Rounded<C> {
  if (typeof count === 'bigint') return roundedMoney(value.asset, value.minor * count, whole, mode)
  return roundedMoney(value.asset, value.minor * count.numerator, count.denominator * whole, mode)
}
