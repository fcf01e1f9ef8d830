import { type Db, Refusal } from '@florin/kernel'
import { type Asset, quotedRate, type Rate, Rational } from '@florin/money'
import {
  findRate,
  type Pair,
  pairKey,
  pairsNeeded,
  type Quotes,
  type RateTerms,
  whyNotInForce,
} from '../domain/rates.ts'
import { findAssets } from './assets.ts'
import { arrayLiteral, instant } from './rows.ts'

/** A rate as it is stored. */
export interface RateRow {
  source: string
  base: string
  quote: string
  time: Date
  revision: number
  rate: string
  valid_until: Date | null
  reason: string | null
  recorded_at: Date
  recorded_by: string
}

/** What a caller wants to know a rate by. */
export interface RateRequest extends Omit<RateTerms, 'via'> {
  readonly source: string
  readonly via: string | undefined
}

/** Without an end a rate holds for as long as times go. */
const endOfTimeMs = 8_640_000_000_000_000

/**
 * The rates that lead from each of these assets to `quote`, by asset.
 * @throws Refusal `asset_unknown`, `rate_missing`
 */
export async function ratesTo(
  db: Db,
  bases: readonly Asset[],
  quote: Asset,
  request: RateRequest,
): Promise<Map<string, Rate>> {
  const via = request.via === undefined ? undefined : await assetOf(db, request.via)
  const terms = { ...request, via }
  const pairs = bases.map((base) => ({ base, quote }))
  const needed = pairs.flatMap((pair) => pairsNeeded(pair, terms))
  const quotes = await newestQuotes(db, request, needed)
  const rates = new Map<string, Rate>()
  for (const pair of pairs) {
    const rate = findRate(quotes, pair, terms)
    if (rate === undefined)
      throw await rateMissing(db, pair, request, quotes, pairsNeeded(pair, terms), terms)
    rates.set(pair.base.code, rate)
  }
  return rates
}

/** @throws Refusal `asset_unknown` */
export async function assetOf(db: Db, code: string): Promise<Asset> {
  const asset = (await findAssets(db, [code])).get(code)
  if (asset === undefined)
    throw new Refusal('asset_unknown', `The asset "${code}" is not known`, { asset: code })
  return asset
}

/** The newest quote of each pair at or before the time: one probe of the primary key for each, however many rates there are. */
async function newestQuotes(db: Db, { source, at }: RateRequest, pairs: readonly Pair[]): Promise<Quotes> {
  const assets = new Map(
    pairs.flatMap(({ base, quote }) => [base, quote]).map((asset) => [asset.code, asset]),
  )
  const rows = await db.query<RateRow>(
    `SELECT r.* FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS pair(base, quote)) wanted,
       LATERAL (SELECT * FROM ledger.rates r WHERE r.source = $3 AND r.base = wanted.base AND r.quote = wanted.quote
                  AND r.time <= $4 ORDER BY r.time DESC, r.revision DESC LIMIT 1) r`,
    [
      arrayLiteral(pairs.map(({ base }) => base.code)),
      arrayLiteral(pairs.map(({ quote }) => quote.code)),
      source,
      instant(at),
    ],
  )
  return new Map(
    rows.flatMap((row) => {
      const [base, quote] = [assets.get(row.base), assets.get(row.quote)]
      return base === undefined || quote === undefined
        ? []
        : [[pairKey(row.base, row.quote), rateOf(row, base, quote)]]
    }),
  )
}

function rateOf(row: RateRow, base: Asset, quote: Asset): Rate {
  return quotedRate({
    base,
    quote,
    value: Rational.parse(row.rate),
    source: row.source,
    timeMs: row.time.getTime(),
    validUntilMs: row.valid_until?.getTime() ?? endOfTimeMs,
  })
}

/** Tells what is missing, and what there is instead. */
async function rateMissing(
  db: Db,
  { base, quote }: Pair,
  { source, at }: RateRequest,
  quotes: Quotes,
  tried: readonly Pair[],
  terms: RateTerms,
): Promise<Refusal> {
  const known = tried.flatMap((pair) => {
    const rate = quotes.get(pairKey(pair.base.code, pair.quote.code))
    if (rate === undefined) return []
    const unusable = whyNotInForce(rate, terms)
    return [
      {
        pair: `${rate.base.code}/${rate.quote.code}`,
        time: instant(rate.timeMs),
        ...(unusable && { unusable }),
      },
    ]
  })
  const later = await db.query<{ base: string; quote: string; time: Date }>(
    `SELECT r.base, r.quote, r.time FROM unnest($1::text[], $2::text[]) AS wanted(base, quote),
       LATERAL (SELECT * FROM ledger.rates r WHERE r.source = $3 AND r.base = wanted.base AND r.quote = wanted.quote
                  AND r.time > $4 ORDER BY r.time, r.revision LIMIT 1) r`,
    [
      arrayLiteral(tried.map((pair) => pair.base.code)),
      arrayLiteral(tried.map((pair) => pair.quote.code)),
      source,
      instant(at),
    ],
  )
  const laterOn = later.map((row) => ({
    pair: `${row.base}/${row.quote}`,
    time: row.time.toISOString(),
    unusable: 'not yet quoted',
  }))
  return new Refusal(
    'rate_missing',
    `${source} has no rate ${base.code}/${quote.code} for ${instant(at)} that the request allows`,
    { source, base: base.code, quote: quote.code, at: instant(at), found: [...known, ...laterOn] },
  )
}
