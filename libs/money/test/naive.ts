import type { RoundingMode } from '../src/index.ts'

/** Obviously right twins of the fast code: the oracle of the property tests. Slow on purpose. */

export function naiveParse(text: string, exponent: number): bigint | 'refused' {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text)
  if (!match || text.length > 128) return 'refused'
  const [, sign = '', whole = '', decimals = ''] = match
  if (decimals.length > exponent) return 'refused'
  const magnitude = BigInt(whole + decimals.padEnd(exponent, '0'))
  if (magnitude >= 2n ** 256n) return 'refused'
  return sign === '-' ? -magnitude : magnitude
}

export function naiveFormat(minor: bigint, exponent: number): string {
  const magnitude = minor < 0n ? -minor : minor
  const unit = 10n ** BigInt(exponent)
  const whole = `${minor < 0n ? '-' : ''}${magnitude / unit}`
  return exponent === 0 ? whole : `${whole}.${(magnitude % unit).toString().padStart(exponent, '0')}`
}

/** Straight from the definitions: both neighbours, and the rule that chooses between them. */
export function naiveRound(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  let lower = numerator / denominator
  while (lower * denominator > numerator) lower -= 1n
  if (lower * denominator === numerator) return lower
  const upper = lower + 1n
  const [towardsZero, awayFromZero] = numerator > 0n ? [lower, upper] : [upper, lower]
  const toLower = numerator - lower * denominator
  const toUpper = upper * denominator - numerator
  const nearest = toLower < toUpper ? lower : toUpper < toLower ? upper : undefined
  const even = lower % 2n === 0n ? lower : upper
  const rules: Record<RoundingMode, bigint> = {
    floor: lower,
    ceiling: upper,
    down: towardsZero,
    up: awayFromZero,
    'half-down': nearest ?? towardsZero,
    'half-up': nearest ?? awayFromZero,
    'half-even': nearest ?? even,
  }
  return rules[mode]
}

/** Cut every share, then give the units left over away one at a time, to the neediest still without one. */
export function naiveAllocate(minor: bigint, weights: readonly bigint[]): bigint[] {
  const sign = minor < 0n ? -1n : 1n
  const amount = minor * sign
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  const parts = weights.map((weight) => (amount * weight) / total)
  const given = new Set<number>()
  let left = amount - parts.reduce((sum, part) => sum + part, 0n)
  while (left > 0n) {
    let neediest = -1
    weights.forEach((weight, index) => {
      if (given.has(index)) return
      const best = weights[neediest]
      if (best === undefined || (amount * weight) % total > (amount * best) % total) neediest = index
    })
    given.add(neediest)
    left -= 1n
  }
  return parts.map((part, index) => sign * (given.has(index) ? part + 1n : part))
}
