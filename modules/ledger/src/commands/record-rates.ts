import { type Db, defineCommand, Refusal, Time, type Unit } from '@florin/kernel'
import { Rational } from '@florin/money'
import { type Static, Type } from 'typebox'
import { RateValue, RateView, rateView, SourceName } from '../rate-schemas.ts'
import { AssetCode, strict } from '../schemas.ts'
import { findAssets } from '../store/assets.ts'
import type { RateRow } from '../store/rates.ts'
import { insertRates, type NewRate, storedRates } from '../store/recorded-rates.ts'

/** Rates of one call, at most. */
const mostRates = 1_000

const RateInput = strict(
  {
    base: AssetCode,
    quote: AssetCode,
    rate: RateValue,
    time: Time,
    valid_until: Type.Optional(Time),
  },
  { title: 'RateInput', description: 'One unit of base is worth `rate` units of quote, from `time` on' },
)

export const exampleTime = '2025-12-31T15:00:00.000Z'

export const recordRates = defineCommand({
  name: 'ledger.rate.record',
  summary: 'Record reference rates of a source',
  description:
    'All of them or none. A rate that is recorded already is left alone; another one for the same pair and time is refused, unless it is sent as a correction, which needs a reason and keeps the earlier one on record. Rates are shared by all ledgers.',
  http: { method: 'POST', path: '/v1/rates' },
  input: strict({
    source: SourceName,
    rates: Type.Array(RateInput, { minItems: 1, maxItems: mostRates }),
    correct: Type.Optional(
      Type.Boolean({ description: 'Let a rate take the place of the one recorded for the same time' }),
    ),
  }),
  output: strict({
    recorded: Type.Integer({ description: 'Rates that are new' }),
    known: Type.Integer({ description: 'Rates that were recorded already, just so' }),
    rates: Type.Array(RateView),
  }),
  permission: 'ledger.rate.record',
  refusals: ['asset_unknown', 'rate_invalid', 'reason_required', 'rate_conflict'],
  example: {
    input: {
      source: 'ecb',
      rates: [
        { base: 'EUR', quote: 'USD', rate: '1.1900', time: exampleTime },
        { base: 'EUR', quote: 'JPY', rate: '184.20', time: exampleTime },
      ],
    },
    refused: {
      asset_unknown: {
        source: 'ecb',
        rates: [{ base: 'EUR', quote: 'NOPE', rate: '2', time: exampleTime }],
      },
      rate_invalid: {
        source: 'ecb',
        rates: [{ base: 'EUR', quote: 'EUR', rate: '1', time: exampleTime }],
      },
      reason_required: {
        source: 'ecb',
        rates: [{ base: 'EUR', quote: 'USD', rate: '1.2', time: exampleTime }],
        correct: true,
      },
      rate_conflict: {
        source: 'ecb',
        rates: [{ base: 'EUR', quote: 'USD', rate: '1.2', time: exampleTime }],
      },
    },
  },
  bodyLimit: 2 * 1024 * 1024,
  async run(unit, input) {
    await checkAssets(unit.db, input.rates)
    for (const rate of input.rates) checkRate(rate)
    const correct = input.correct === true
    if (correct && unit.context.reason === undefined)
      throw new Refusal('reason_required', 'A correction needs a reason', {})
    const wanted = withoutRepeats(input.rates.map((rate) => ({ ...rate, source: input.source })))
    const before = await storedRates(unit.db, input.source, wanted)
    const fresh = wanted.flatMap((rate) => {
      const known = before.get(placeOf(rate))
      if (known === undefined) return [{ ...rate, revision: 1 }]
      if (says(known, rate)) return []
      if (!correct) throw conflict(rate, known)
      return [{ ...rate, revision: known.revision + 1 }]
    })
    const recorded = await insertAll(unit, fresh)
    return {
      recorded: recorded.length,
      known: wanted.length - recorded.length,
      rates: recorded.map(rateView),
    }
  },
})

/** Rates that another unit recorded meanwhile are as good as ours if they say the same. */
async function insertAll(unit: Unit, fresh: readonly NewRate[]): Promise<RateRow[]> {
  const rows = await insertRates(unit, fresh)
  if (rows.length < fresh.length) {
    const source = fresh[0]?.source ?? ''
    const stored = await storedRates(unit.db, source, fresh)
    for (const rate of fresh) {
      const known = stored.get(placeOf(rate))
      if (known === undefined || !says(known, rate)) throw conflict(rate, known)
    }
  }
  return rows
}

/** The rates, each pair and time once. */
function withoutRepeats<R extends Omit<NewRate, 'revision'>>(rates: readonly R[]): R[] {
  const unique = new Map<string, R>()
  for (const rate of rates) {
    const first = unique.get(placeOf(rate))
    if (first === undefined) unique.set(placeOf(rate), rate)
    else if (!sameRate(first, rate)) throw conflict(rate, undefined)
  }
  return [...unique.values()]
}

function placeOf(rate: { base: string; quote: string; time: string | Date }): string {
  return `${rate.base} ${rate.quote} ${new Date(rate.time).getTime()}`
}

type Said = Pick<NewRate, 'rate' | 'valid_until'>

function sameRate(left: Said, right: Said): boolean {
  const end = ({ valid_until: until }: Said) => (until === undefined ? undefined : Date.parse(until))
  return Rational.parse(left.rate).equals(Rational.parse(right.rate)) && end(left) === end(right)
}

function says(row: RateRow, rate: Said): boolean {
  return sameRate({ rate: row.rate, valid_until: row.valid_until?.toISOString() }, rate)
}

function conflict(rate: Omit<NewRate, 'revision'>, known: RateRow | undefined): Refusal {
  const { source, base, quote, time } = rate
  const other = known === undefined ? 'another rate in the same call' : `${known.rate} already`
  return new Refusal('rate_conflict', `${source} has ${other} for ${base}/${quote} at ${time}`, {
    source,
    base,
    quote,
    time,
    sent: rate.rate,
    ...(known === undefined ? {} : { recorded: known.rate }),
  })
}

function checkRate({ base, quote, time, valid_until }: Static<typeof RateInput>): void {
  if (base === quote)
    throw new Refusal('rate_invalid', `A rate leads from one asset to another, not from ${base} to itself`, {
      base,
    })
  if (valid_until !== undefined && Date.parse(valid_until) <= Date.parse(time)) {
    throw new Refusal('rate_invalid', `The rate ${base}/${quote} would end before it begins`, {
      base,
      quote,
      time,
      valid_until,
    })
  }
}

async function checkAssets(db: Db, rates: readonly Static<typeof RateInput>[]): Promise<void> {
  const codes = [...new Set(rates.flatMap(({ base, quote }) => [base, quote]))]
  const known = await findAssets(db, codes)
  for (const asset of codes) {
    if (!known.has(asset)) throw new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
  }
}
