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
  const product = total * part
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / whole)
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
  const product = value * rate
  if (product <= Number.MAX_SAFE_INTEGER) return Math.ceil(product / million)
  const millions = Math.floor(value / million)
  const rest = value - millions * million
  return millions * rate + Math.ceil((rest * rate) / million)
}

/**
 * Whether `value` x `rate` / 1,000,000 is above `bound`, without a division. Rounding keeps the order of numbers, so that only
 * products that come out alike leave it open.
 *
 * @param value from 0, below 2^53
 * @param rate as of {@link millionths}
 * @param bound of either sign
 */
export function exceedsMillionths(value: number, rate: number, bound: number): boolean {
  const product = value * rate
  const limit = bound * million
  return product === limit ? millionthsUp(value, rate) > bound : product > limit
}

/** Whether `value` is above `whole` x `rate` / 1,000,000, `value` and `whole` from 0. */
export function isAboveMillionths(value: number, whole: number, rate: number): boolean {
  const product = value * million
  const limit = whole * rate
  return product === limit ? value > millionths(whole, rate) : product > limit
}
