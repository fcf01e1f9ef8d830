import { MoneyError } from './errors.ts'
import { checkSameAsset, compare, isNegative, type Money } from './money.ts'
import type { Rational } from './rational.ts'
import type { RoundingMode } from './rounding.ts'
import { basisPoints, Rounded } from './scale.ts'

/** A fee in proportion to an amount, within bounds. */
export interface FeeTerms<C extends string = string> {
  /** Hundredths of a per cent, zero or more: 1.5 basis points is `Rational.parse('1.5')`. */
  readonly basisPoints: bigint | Rational
  readonly rounding: RoundingMode
  /** The least that is charged, also on an amount of zero. */
  readonly minimum?: Money<C>
  /** The most that is charged. */
  readonly maximum?: Money<C>
}

/**
 * The fee on an amount. Bounds are compared with the exact fee, before rounding; where a bound decides, the
 * fee is that bound exactly and the residue zero.
 *
 * @param value zero or more: whether a refund gives its fee back is for the caller to decide
 * @throws MoneyError `amount_negative`, `fee_bounds_invalid`, `asset_mismatch`, `rounding_unknown`,
 *   `amount_out_of_range`
 */
export function fee<C extends string>(value: Money<C>, terms: FeeTerms<NoInfer<C>>): Rounded<C> {
  if (isNegative(value)) {
    throw new MoneyError(
      'amount_negative',
      'A fee is charged on an amount of zero or more: take its magnitude first.',
    )
  }
  checkTerms(value, terms)
  const proportional = basisPoints(value, terms.basisPoints, terms.rounding)
  const { minimum, maximum } = terms
  if (minimum && isBelow(proportional, minimum)) return exactly(minimum)
  if (maximum && isAbove(proportional, maximum)) return exactly(maximum)
  return proportional
}

function checkTerms<C extends string>(value: Money<C>, terms: FeeTerms<C>): void {
  const { basisPoints: points, minimum, maximum } = terms
  const numerator = typeof points === 'bigint' ? points : points.numerator
  if (numerator < 0n) throw boundsInvalid('The basis points are negative')
  for (const bound of [minimum, maximum]) {
    if (!bound) continue
    checkSameAsset(value, bound)
    if (isNegative(bound)) throw boundsInvalid('A bound is negative')
  }
  if (minimum && maximum && compare(minimum, maximum) > 0)
    throw boundsInvalid('The minimum is above the maximum')
}

/** Bounds are whole units: the exact fee is below one when the rounded one is, or ties with it from below. */
function isBelow<C extends string>(rounded: Rounded<C>, bound: Money<C>): boolean {
  const order = compare(rounded.value, bound)
  return order < 0 || (order === 0 && rounded.residue.numerator < 0n)
}

function isAbove<C extends string>(rounded: Rounded<C>, bound: Money<C>): boolean {
  const order = compare(rounded.value, bound)
  return order > 0 || (order === 0 && rounded.residue.numerator > 0n)
}

function exactly<C extends string>(value: Money<C>): Rounded<C> {
  return new Rounded(value, value.minor, 1n)
}

function boundsInvalid(fault: string): MoneyError {
  return new MoneyError('fee_bounds_invalid', `${fault}: a fee and its bounds are zero or more, in order.`)
}
