import { type Asset, crossRate, inverseRate, type Rate, type Rational, sameAsset } from '@florin/money'

/** How a rate is to be found. Nothing is derived that was not asked for. */
export interface RateTerms {
  /** Epoch milliseconds: the newest rate quoted at or before it. */
  readonly at: number
  /** Older rates are as good as none; milliseconds. */
  readonly maxAgeMs: number | undefined
  /** An asset to cross through where no rate leads straight there. */
  readonly via: Asset | undefined
  /** Whether a rate that is quoted only the other way may be turned round. */
  readonly inverse: boolean
}

export interface Pair {
  readonly base: Asset
  readonly quote: Asset
}

/** The newest quoted rates at or before a time, by pair. */
export type Quotes = ReadonlyMap<string, Rate>

export function pairKey(base: string, quote: string): string {
  return `${base}\u0000${quote}`
}

/** Every pair whose quotes can have a part in the rate, in the order in which they are tried. */
export function pairsNeeded({ base, quote }: Pair, { via, inverse }: RateTerms): Pair[] {
  const steps = [{ base, quote }]
  if (via !== undefined && !sameAsset(via, base) && !sameAsset(via, quote))
    steps.push({ base, quote: via }, { base: via, quote })
  return inverse ? steps.flatMap((step) => [step, { base: step.quote, quote: step.base }]) : steps
}

/**
 * The rate that leads from base to quote: as quoted, else turned round if that is allowed, else crossed through the
 * stated asset. Exact. Undefined where no quote in force leads there.
 */
export function findRate(quotes: Quotes, { base, quote }: Pair, terms: RateTerms): Rate | undefined {
  const straight = stepRate(quotes, base, quote, terms)
  const { via } = terms
  if (straight !== undefined || via === undefined || sameAsset(via, base) || sameAsset(via, quote))
    return straight
  const first = stepRate(quotes, base, via, terms)
  const second = stepRate(quotes, via, quote, terms)
  return first === undefined || second === undefined ? undefined : crossRate(first, second)
}

function stepRate(quotes: Quotes, base: Asset, quote: Asset, terms: RateTerms): Rate | undefined {
  const quoted = inForce(quotes.get(pairKey(base.code, quote.code)), terms)
  if (quoted !== undefined || !terms.inverse) return quoted
  const turned = inForce(quotes.get(pairKey(quote.code, base.code)), terms)
  return turned === undefined ? undefined : inverseRate(turned)
}

function inForce(rate: Rate | undefined, terms: RateTerms): Rate | undefined {
  return rate === undefined || whyNotInForce(rate, terms) !== undefined ? undefined : rate
}

/** What keeps the newest quote of a pair from being used. */
export function whyNotInForce(
  rate: Rate,
  { at, maxAgeMs }: RateTerms,
): 'expired' | 'too old' | 'not yet quoted' | undefined {
  if (rate.timeMs > at) return 'not yet quoted'
  if (at >= rate.validUntilMs) return 'expired'
  return maxAgeMs !== undefined && at - rate.timeMs > maxAgeMs ? 'too old' : undefined
}

/** The quotes that a rate was worked out from; of a quoted one itself. */
export function quotesBehind(rate: Rate): Rate[] {
  return rate.derivedFrom.length === 0 ? [rate] : rate.derivedFrom.flatMap(quotesBehind)
}

/** An exact number as a decimal where it has one, else as a fraction. */
export function exactText(value: Rational): string {
  const decimals = decimalsOf(value.denominator)
  if (decimals === undefined) return value.toString()
  const digits = (value.numerator * 10n ** BigInt(decimals)) / value.denominator
  if (decimals === 0) return digits.toString()
  const magnitude = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, '0')
  return `${digits < 0n ? '-' : ''}${magnitude.slice(0, -decimals)}.${magnitude.slice(-decimals)}`
}

/** Decimals shown at most; a longer one is shown as a fraction, just as exact. */
const mostDecimals = 72

/** How many decimals a fraction in lowest terms needs; undefined where no number of them is enough. */
function decimalsOf(denominator: bigint): number | undefined {
  let rest = denominator
  const count = (factor: bigint): number => {
    let times = 0
    while (rest % factor === 0n) {
      rest /= factor
      times++
    }
    return times
  }
  const decimals = Math.max(count(2n), count(5n))
  return rest === 1n && decimals <= mostDecimals ? decimals : undefined
}
