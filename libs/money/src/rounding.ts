import { MoneyError } from './errors.ts'

/**
 * How a value between two neighbouring integers becomes one of them. The names are those of IEEE 754, of
 * General Decimal Arithmetic and of `java.math.RoundingMode`:
 *
 * | mode        | goes to                                   |  2.5 | -2.5 |  2.6 | -2.4 |
 * |-------------|-------------------------------------------|-----:|-----:|-----:|-----:|
 * | `half-even` | the nearest; a tie to the even neighbour  |    2 |   -2 |    3 |   -2 |
 * | `half-up`   | the nearest; a tie away from zero         |    3 |   -3 |    3 |   -2 |
 * | `half-down` | the nearest; a tie towards zero           |    2 |   -2 |    3 |   -2 |
 * | `up`        | away from zero                            |    3 |   -3 |    3 |   -3 |
 * | `down`      | towards zero                              |    2 |   -2 |    2 |   -2 |
 * | `floor`     | towards minus infinity                    |    2 |   -3 |    2 |   -3 |
 * | `ceiling`   | towards plus infinity                     |    3 |   -2 |    3 |   -2 |
 */
export type RoundingMode = 'half-even' | 'half-up' | 'half-down' | 'up' | 'down' | 'floor' | 'ceiling'

/** Every rounding mode, for schemas and for tests. */
export const ROUNDING_MODES: readonly RoundingMode[] = [
  'half-even',
  'half-up',
  'half-down',
  'up',
  'down',
  'floor',
  'ceiling',
]

/**
 * Rounds the exact quotient `numerator / denominator` to an integer.
 *
 * @param denominator greater than zero
 * @throws MoneyError `division_by_zero`, `rounding_unknown`
 */
export function roundQuotient(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (denominator <= 0n)
    throw new MoneyError('division_by_zero', 'A quotient is rounded over a positive denominator.')
  const quotient = numerator / denominator
  const remainder = numerator - quotient * denominator
  const negative = numerator < 0n
  // The mode is looked at even when nothing is left over, so that a missing one is found on the first call.
  const away = goesAwayFromZero(mode, negative, negative ? -remainder : remainder, denominator, quotient)
  if (!away || remainder === 0n) return quotient
  return negative ? quotient - 1n : quotient + 1n
}

/**
 * Bigint division truncates towards zero; this decides whether the mode wants the other neighbour.
 * @param remainder magnitude of what truncation left over, below the denominator
 */
function goesAwayFromZero(
  mode: RoundingMode,
  negative: boolean,
  remainder: bigint,
  denominator: bigint,
  quotient: bigint,
): boolean {
  switch (mode) {
    case 'half-even': {
      const twice = remainder * 2n
      return twice > denominator || (twice === denominator && quotient % 2n !== 0n)
    }
    case 'half-up':
      return remainder * 2n >= denominator
    case 'half-down':
      return remainder * 2n > denominator
    case 'up':
      return true
    case 'down':
      return false
    case 'floor':
      return negative
    case 'ceiling':
      return !negative
    default:
      throw new MoneyError('rounding_unknown', `Name a rounding mode: one of ${ROUNDING_MODES.join(', ')}.`)
  }
}
