import { Conditions, defineList, defineQuery, InvalidInput, Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { exampleTime } from '../commands/record-rates.ts'
import { RateView, rateTerms, rateView, SourceName, termsOf, UsedRate, usedRate } from '../rate-schemas.ts'
import { AssetCode, strict } from '../schemas.ts'
import { assetOf, type RateRow, ratesTo } from '../store/rates.ts'

export const listRates = defineList({
  name: 'ledger.rate.list',
  summary: 'List reference rates by source, pair and time, corrections included',
  http: { method: 'GET', path: '/v1/rates' },
  input: strict({
    source: Type.Optional(SourceName),
    base: Type.Optional(AssetCode),
    quote: Type.Optional(AssetCode),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  }),
  item: RateView,
  permission: 'ledger.rate.list',
  refusals: [],
  example: { after: ['ledger.rate.record'], input: { source: 'ecb', base: 'EUR', quote: 'USD' } },
  // The order is that of the primary key: with source and pair given, a page reads a page.
  async page(view, input, page) {
    const where = new Conditions()
    where.add(input.source, (p) => `r.source = ${p}`)
    where.add(input.base, (p) => `r.base = ${p}`)
    where.add(input.quote, (p) => `r.quote = ${p}`)
    where.add(input.from, (p) => `r.time >= ${p}`)
    where.add(input.to, (p) => `r.time < ${p}`)
    addAfter(where, input, page.after)
    const rows = await view.db.query<RateRow>(
      `SELECT r.* FROM ledger.rates r ${where.sql}
       ORDER BY r.source, r.base, r.quote, r.time, r.revision LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    return {
      rows: rows.map((row) => ({
        item: rateView(row),
        key: [row.source, row.base, row.quote, row.time.toISOString(), String(row.revision)],
      })),
    }
  },
})

/**
 * Only what comes after the last rate of the page before. Parts of the key that the filters fix are left out of the
 * comparison, or the index would be read from their beginning instead of from that rate on.
 */
function addAfter(
  where: Conditions,
  filters: { readonly source?: string; readonly base?: string; readonly quote?: string },
  after: readonly string[] | undefined,
): void {
  if (after === undefined) return
  const [source = '', base = '', quote = '', time = '', revision = ''] = after
  if (Number.isNaN(Date.parse(time)) || !/^[1-9]\d{0,8}$/.test(revision))
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  const parts = [
    { column: 'r.source', value: source, fixed: filters.source },
    { column: 'r.base', value: base, fixed: filters.base },
    { column: 'r.quote', value: quote, fixed: filters.quote },
    { column: 'r.time', value: new Date(time), fixed: undefined },
    { column: 'r.revision', value: Number(revision), fixed: undefined },
  ]
  const open = parts.slice(parts.findIndex((part) => part.fixed === undefined))
  const columns = open.map((part) => part.column).join(', ')
  const values = open.map((part) => where.value(part.value)).join(', ')
  where.also(`(${columns}) > (${values})`)
}

export const getRate = defineQuery({
  name: 'ledger.rate.get',
  summary: 'Show the rate from one asset to another at a time',
  description:
    'The newest rate that the source quoted at or before the time and that is still in force. Straight from base to quote; turned round only with `inverse`, crossed only through the asset that `via` names.',
  http: { method: 'GET', path: '/v1/rates/effective' },
  input: strict({ base: AssetCode, quote: AssetCode, at: Type.Optional(Time), ...rateTerms }),
  output: UsedRate,
  permission: 'ledger.rate.get',
  refusals: ['asset_unknown', 'rate_invalid', 'rate_missing'],
  example: {
    after: ['ledger.rate.record'],
    input: { source: 'ecb', base: 'USD', quote: 'JPY', via: 'EUR', inverse: true, at: exampleTime },
  },
  async run(view, input) {
    const base = await assetOf(view.db, input.base)
    const quote = await assetOf(view.db, input.quote)
    if (base.code === quote.code)
      throw new Refusal('rate_invalid', `No rate leads from ${base.code} to itself`, { base: base.code })
    const at = input.at === undefined ? view.clock.now() : Date.parse(input.at)
    const rates = await ratesTo(view.db, [base], quote, termsOf(input, at))
    const rate = rates.get(base.code)
    if (rate === undefined) throw new Error(`The rate of ${base.code} vanished`)
    return usedRate(input.source, rate)
  },
})
