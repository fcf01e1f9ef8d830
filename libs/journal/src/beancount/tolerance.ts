import { add, cmp, type Decimal, mul, pow10, quantize, round28, strip, ZERO } from '../decimal.ts'
import { type BookedPosting, MISSING, type RawPosting } from './ast.ts'
import type { BeancountOptions } from './options.ts'

export interface Tolerances {
  readonly of: ReadonlyMap<string, Decimal>
  /** For currencies the transaction says nothing about (`inferred_tolerance_default "*:…"`). */
  readonly other: Decimal
}

const MAXIMUM: Decimal = { n: 5n, s: 1 }

function smallest(scale: number): Decimal {
  return { n: 1n, s: scale }
}

function min(a: Decimal, b: Decimal): Decimal {
  return cmp(a, b) < 0 ? a : b
}

/** Half the last digit written, per currency (beancount's "Precision & Tolerances"). */
export function inferTolerances(
  postings: readonly (RawPosting | BookedPosting)[],
  options: BeancountOptions,
): Tolerances {
  const of = new Map(options.toleranceDefault)
  const fromCost = new Map<string, Decimal>()
  const raise = (currency: string, value: Decimal) => {
    const known = of.get(currency)
    if (known === undefined || cmp(value, known) > 0) of.set(currency, value)
  }
  for (const posting of postings) {
    const { units } = posting
    if (units === undefined || units.number === MISSING || units.currency === MISSING) continue
    if ('interpolated' in posting && posting.interpolated) continue
    if (units.number.s <= 0) continue
    const tolerance = mul(smallest(units.number.s), options.toleranceMultiplier)
    raise(units.currency, tolerance)
    if (!options.toleranceFromCost) continue
    const { cost, price } = posting
    const widen = (currency: string, value: Decimal) =>
      fromCost.set(currency, add(fromCost.get(currency) ?? ZERO, value))
    if (cost !== undefined && cost.currency !== MISSING) {
      let value = MAXIMUM
      const numbers = 'number' in cost ? [cost.number] : [cost.total, cost.per]
      for (const number of numbers)
        if (number !== undefined && number !== MISSING) value = min(mul(tolerance, number), value)
      widen(cost.currency, value)
    }
    if (price !== undefined && price.number !== MISSING && price.currency !== MISSING)
      widen(price.currency, min(mul(tolerance, price.number), MAXIMUM))
  }
  for (const [currency, value] of fromCost) raise(currency, value)
  const other = of.get('*') ?? ZERO
  of.delete('*')
  return { of, other }
}

export function toleranceFor(tolerances: Tolerances, currency: string): Decimal {
  return tolerances.of.get(currency) ?? tolerances.other
}

const MAX_DIGITS = 5

/** Rounds an interpolated number to twice the tolerance's last digit, when that is a neat number. */
export function quantizeWithTolerance(tolerances: Tolerances, currency: string, number: Decimal): Decimal {
  const tolerance = toleranceFor(tolerances, currency)
  if (tolerance.n === 0n) return number
  const quantum = strip(round28(mul(tolerance, { n: 2n, s: 0 })))
  let digits = quantum.n
  let scale = quantum.s
  // A quantum of 10 or 100 rounds to tens or hundreds.
  while (scale <= 0 && digits % 10n === 0n) {
    digits /= 10n
    scale--
  }
  return digits < pow10(MAX_DIGITS - 1) ? quantize(number, scale) : number
}
