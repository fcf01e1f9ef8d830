import { MoneyError } from './errors.ts'
import { Money } from './money.ts'
import { Rational } from './rational.ts'

/** More parts than this is a mistake, not a split. */
const MAX_PARTS = 1_000_000

/**
 * Hands out an amount by weights, to the last minor unit: the parts always sum to the whole.
 *
 * Method of the largest remainder (Hamilton): each part gets its exact share cut towards zero, then the units
 * left over go one each to the largest remainders; of equal remainders the earlier part gets it. So each part
 * is less than one minor unit from its exact share, a zero weight gets nothing, and a negative amount is
 * handed out as the mirror image of the positive one.
 *
 * @param weights at least one, none negative, not all zero. For fractions see {@link integerWeights}.
 * @throws MoneyError `weights_invalid`
 */
export function allocate<C extends string>(value: Money<C>, weights: readonly bigint[]): Money<C>[] {
  const total = totalWeight(weights)
  const negative = value.minor < 0n
  const amount = negative ? -value.minor : value.minor

  const parts: bigint[] = []
  const remainders: bigint[] = []
  let left = amount
  for (const weight of weights) {
    const scaled = amount * weight
    const part = scaled / total
    parts.push(part)
    remainders.push(scaled - part * total)
    left -= part
  }
  if (left > 0n) handOutRest(parts, remainders, Number(left))
  return parts.map((part) => new Money(value.asset, negative ? -part : part))
}

/**
 * Splits an amount into equal parts, to the last minor unit; the earlier parts get the units that are over.
 * @param count how many parts: a whole number from 1 to 1,000,000
 * @throws MoneyError `parts_invalid`
 */
export function split<C extends string>(value: Money<C>, count: number): Money<C>[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_PARTS) {
    throw new MoneyError('parts_invalid', `Split into a whole number of parts from 1 to ${MAX_PARTS}.`)
  }
  const divisor = BigInt(count)
  const part = value.minor / divisor
  const over = value.minor - part * divisor
  const larger = new Money(value.asset, over < 0n ? part - 1n : part + 1n)
  const smaller = new Money(value.asset, part)
  const longer = Number(over < 0n ? -over : over)
  return Array.from({ length: count }, (_, index) => (index < longer ? larger : smaller))
}

/**
 * Fractional weights as the smallest whole numbers in the same proportion: 1/2 and 1/3 become 3 and 2.
 * @throws MoneyError `weights_invalid`
 */
export function integerWeights(weights: readonly Rational[]): bigint[] {
  const common = weights.reduce((product, { denominator }) => leastCommonMultiple(product, denominator), 1n)
  const whole = weights.map(({ numerator, denominator }) => numerator * (common / denominator))
  totalWeight(whole)
  return whole
}

function totalWeight(weights: readonly bigint[]): bigint {
  if (weights.length > MAX_PARTS) throw weightsInvalid(`There are more than ${MAX_PARTS} weights`)
  let total = 0n
  for (const weight of weights) {
    if (typeof weight !== 'bigint') throw weightsInvalid('Weights are bigints')
    if (weight < 0n) throw weightsInvalid('A weight is negative')
    total += weight
  }
  if (total === 0n)
    throw weightsInvalid(weights.length === 0 ? 'There are no weights' : 'All weights are zero')
  return total
}

/** There are always fewer units over than remainders above zero, so no part gets two and no zero weight one. */
function handOutRest(parts: bigint[], remainders: readonly bigint[], units: number): void {
  if (units === 1) {
    giveOne(parts, largest(remainders))
    return
  }
  const order = [...remainders.keys()].sort((a, b) => byRemainder(remainders, a, b))
  for (const index of order.slice(0, units)) giveOne(parts, index)
}

function giveOne(parts: bigint[], index: number): void {
  parts[index] = (parts[index] ?? 0n) + 1n
}

function largest(remainders: readonly bigint[]): number {
  let best = 0
  for (let index = 1; index < remainders.length; index++) {
    if (byRemainder(remainders, index, best) < 0) best = index
  }
  return best
}

/** Larger remainder first, then the earlier part. */
function byRemainder(remainders: readonly bigint[], a: number, b: number): number {
  const left = remainders[a] ?? 0n
  const right = remainders[b] ?? 0n
  if (left === right) return a - b
  return left > right ? -1 : 1
}

function leastCommonMultiple(left: bigint, right: bigint): bigint {
  return left * Rational.of(right, left).numerator
}

function weightsInvalid(fault: string): MoneyError {
  return new MoneyError(
    'weights_invalid',
    `${fault}: give whole weights of zero or more, one of them above zero.`,
  )
}
