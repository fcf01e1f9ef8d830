import { type Asset, sameAsset } from './asset.ts'
import { powerOfTen } from './decimal.ts'
import { MoneyError } from './errors.ts'
import type { Money } from './money.ts'
import type { Rational } from './rational.ts'
import type { RoundingMode } from './rounding.ts'
import { type Rounded, roundedMoney } from './scale.ts'

/** How a rate came about: quoted by its source, or worked out here from other rates. */
export type RateDerivation = 'quoted' | 'inverse' | 'cross'

/**
 * An exchange rate, the only bridge between two assets. It leads one way, from base to quote.
 *
 * Instants are milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` counts them. (They are plain numbers:
 * a time is not money, and 2^53 milliseconds reach beyond the year 285,000.)
 */
export interface Rate<B extends string = string, Q extends string = string> {
  readonly base: Asset<B>
  readonly quote: Asset<Q>
  /** Major units of quote for one major unit of base, exact, above zero: EUR/USD 1.0845. */
  readonly value: Rational
  /** Who said so: a feed, a bank, a contract. */
  readonly source: string
  /** From when the rate holds: for a quoted one, when it was quoted. */
  readonly timeMs: number
  /** Until when it holds, exclusive. */
  readonly validUntilMs: number
  readonly derivation: RateDerivation
  /** The rates it was worked out from; empty for a quoted one. */
  readonly derivedFrom: readonly Rate[]
}

/** What makes a quoted rate; everything must be said. */
export type QuotedRate<B extends string, Q extends string> = Omit<Rate<B, Q>, 'derivation' | 'derivedFrom'>

/**
 * A rate as its source quoted it.
 * @throws MoneyError `rate_malformed`
 */
export function quotedRate<B extends string, Q extends string>(quoted: QuotedRate<B, Q>): Rate<B, Q> {
  const { base, quote, value, source, timeMs, validUntilMs } = quoted
  return newRate({ base, quote, value, source, timeMs, validUntilMs, derivation: 'quoted', derivedFrom: [] })
}

/**
 * The rate turned round, from quote to base: exact, marked as derived. Real markets quote the two ways apart,
 * so a conversion never turns a rate round by itself.
 */
export function inverseRate<B extends string, Q extends string>(rate: Rate<B, Q>): Rate<Q, B> {
  return newRate({
    base: rate.quote,
    quote: rate.base,
    value: rate.value.reciprocal(),
    source: `inverse of ${rate.source}`,
    timeMs: rate.timeMs,
    validUntilMs: rate.validUntilMs,
    derivation: 'inverse',
    derivedFrom: [rate],
  })
}

/**
 * Two rates in a row, base → middle → quote, as one: exact, marked as derived, valid while both are.
 * @throws MoneyError `rate_direction` when the first does not lead to where the second starts;
 *   `rate_malformed` when the two are never valid together, or lead back to the start
 */
export function crossRate<B extends string, M extends string, Q extends string>(
  first: Rate<B, M>,
  second: Rate<NoInfer<M>, Q>,
): Rate<B, Q> {
  if (!sameAsset(first.quote, second.base)) {
    throw new MoneyError(
      'rate_direction',
      'Crossing needs the first rate to end in the asset that the second starts from.',
    )
  }
  return newRate({
    base: first.base,
    quote: second.quote,
    value: first.value.times(second.value),
    source: `${first.source} x ${second.source}`,
    timeMs: Math.max(first.timeMs, second.timeMs),
    validUntilMs: Math.min(first.validUntilMs, second.validUntilMs),
    derivation: 'cross',
    derivedFrom: [first, second],
  })
}

/**
 * Converts money from the rate's base to its quote.
 *
 * @param atMs the instant of the conversion, milliseconds since 1970; given, never read from a clock
 * @returns the amount of quote and its residue: `value.minor + residue` is exact, in quote's minor units
 * @throws MoneyError `rate_direction`, `asset_mismatch`, `rate_not_yet_valid`, `rate_expired`,
 *   `rounding_unknown`, `amount_out_of_range`
 */
export function convert<B extends string, Q extends string>(
  value: Money<B>,
  rate: Rate<NoInfer<B>, Q>,
  mode: RoundingMode,
  atMs: number,
): Rounded<Q> {
  checkDirection(value, rate)
  checkValidity(rate, atMs)
  const numerator = value.minor * rate.value.numerator * powerOfTen(rate.quote.exponent)
  const denominator = rate.value.denominator * powerOfTen(rate.base.exponent)
  return roundedMoney(rate.quote, numerator, denominator, mode)
}

function newRate<B extends string, Q extends string>(rate: Rate<B, Q>): Rate<B, Q> {
  checkRate(rate)
  return Object.freeze(rate)
}

function checkRate(rate: Rate): void {
  if (rate.base.code === rate.quote.code) throw malformed('leads from one asset to another')
  if (rate.value.numerator <= 0n) throw malformed('is above zero')
  if (rate.source.trim() === '') throw malformed('names its source')
  if (!Number.isSafeInteger(rate.timeMs) || !Number.isSafeInteger(rate.validUntilMs)) {
    throw malformed('has its instants in whole milliseconds since 1970')
  }
  if (rate.validUntilMs <= rate.timeMs) throw malformed('is valid for some time')
}

function checkDirection(value: Money, rate: Rate): void {
  if (sameAsset(value.asset, rate.base)) return
  if (sameAsset(value.asset, rate.quote)) {
    throw new MoneyError(
      'rate_direction',
      `The rate leads from ${rate.base.code} to ${rate.quote.code}: get a rate for the way back, or ask for inverseRate.`,
    )
  }
  throw new MoneyError(
    'asset_mismatch',
    `The rate is from ${rate.base.code}, the amount is ${value.asset.code}.`,
  )
}

function checkValidity(rate: Rate, atMs: number): void {
  if (!Number.isSafeInteger(atMs)) {
    throw new MoneyError('rate_malformed', 'The instant of a conversion is in whole milliseconds since 1970.')
  }
  if (atMs < rate.timeMs)
    throw new MoneyError('rate_not_yet_valid', 'The rate is from after this conversion: get an older one.')
  if (atMs >= rate.validUntilMs)
    throw new MoneyError('rate_expired', 'The rate has expired: get a fresh one.')
}

function malformed(rule: string): MoneyError {
  return new MoneyError('rate_malformed', `A rate ${rule}; this one does not.`)
}
