/** Exact integer arithmetic in doubles. Every argument and result is an integer of less than 2^53, stated by function. */

const million = 1_000_000

/**
 * `total` x `part` / `whole`, rounded towards zero, although the product may not fit.
 *
 * @param total from 0, below 2^53
 * @param part from 0 to `whole`
 * @param whole from 1, at most 2^26
 */
export function share(total: number, part: number, whole: number): number {
  const each = Math.floor(total / whole)
  const rest = total - each * whole
  return each * part + Math.floor((rest * part) / whole)
}

/**
 * `value` x `rate` / 1,000,000, rounded down.
 *
 * @param value from 0, below 2^53
 * @param rate millionths; `value` x `rate` below 2^53 x 1,000,000, and `rate` at most 2^32
 */
export function millionths(value: number, rate: number): number {
  const millions = Math.floor(value / million)
  const rest = value - millions * million
  return millions * rate + Math.floor((rest * rate) / million)
}

/** The same rounded up. */
export function millionthsUp(value: number, rate: number): number {
  const millions = Math.floor(value / million)
  const rest = value - millions * million
  return millions * rate + Math.ceil((rest * rate) / million)
}
