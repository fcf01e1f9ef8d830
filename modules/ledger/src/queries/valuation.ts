import { Counter, csv, type Db, defineQuery, NullableTime, Refusal, Time, type View } from '@florin/kernel'
import { formatDecimal, MoneyError, type RoundingMode } from '@florin/money'
import { type Static, Type } from 'typebox'
import type { Balance, ValuationTerms, ValuedAccount, ValuedTotal } from '../domain/valuation.ts'
import { totalOf, totalsByType, valued } from '../domain/valuation.ts'
import { Residue, Rounding, rateTerms, termsOf, UsedRate, usedRate } from '../rate-schemas.ts'
import { AccountTypeSchema, AssetCode, LedgerName, Prefix, SignedAmount, strict } from '../schemas.ts'
import { findAssets } from '../store/assets.ts'
import { type AccountFilter, balancesAsOf, currentBalances, pointInHistory } from '../store/balances.ts'
import { findLedger } from '../store/head.ts'
import { assetOf, type RateRequest, ratesTo } from '../store/rates.ts'
import { postedByValueTime } from '../store/value-time.ts'

const Value = { value: SignedAmount, residue: Residue }

const Row = strict(
  {
    address: Type.String(),
    asset: AssetCode,
    type: AccountTypeSchema,
    balance: SignedAmount,
    rate: Type.Union([UsedRate, Type.Null()], { description: 'null: the balance is in the reporting asset' }),
    ...Value,
  },
  { title: 'ValuedAccount', description: 'balance and value are debits − credits' },
)

const Input = strict({
  ledger: LedgerName,
  reporting_asset: AssetCode,
  rounding: Rounding,
  ...rateTerms,
  rate_time: Type.Optional({
    ...Time,
    description: 'The time whose rates are used; that of the balances if absent',
  }),
  prefix: Type.Optional(Prefix),
  type: Type.Optional(AccountTypeSchema),
  value_time: Type.Optional(Time),
  at: Type.Optional(Time),
  seq: Type.Optional(Counter),
})

const Valuation = strict({
  ledger: LedgerName,
  posted: Type.Literal(false, { description: 'A valuation is worked out, never booked' }),
  reporting_asset: AssetCode,
  rounding: Rounding,
  rate_time: Time,
  at: Time,
  seq: Counter,
  value_time: NullableTime,
  accounts: Type.Array(Row),
  totals: Type.Array(strict({ type: AccountTypeSchema, ...Value }, { title: 'ValuedTotal' })),
  difference: strict(Value),
})

export const valuation = defineQuery({
  name: 'ledger.valuation',
  summary: 'Value balances in one asset at reference rates; nothing is posted',
  description:
    'Every account with a balance, in its own asset and in the reporting asset, with the rate used, its time and its source. Each value is rounded by itself, by the stated mode, and what rounding left over is shown. Totals are sums of the shown values, on each type’s normal side; `difference` is debits − credits over all of them: over the whole books zero but for rounding. As `text/csv`: a row for each account and each total. With `value_time` the balances are those of everything that happened by then, as known at `seq`.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/valuation' },
  input: Input,
  output: Valuation,
  permission: 'ledger.valuation',
  refusals: ['ledger_not_found', 'asset_unknown', 'rate_missing', 'amount_out_of_range'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post', 'ledger.rate.record'],
    input: { ledger: 'demo', reporting_asset: 'USD', source: 'ecb', rounding: 'half-even' },
  },
  run: work,
  formats: [{ mediaType: 'text/csv; charset=utf-8', write: asCsv }],
})

async function work(view: View, input: Static<typeof Input>): Promise<Static<typeof Valuation>> {
  const ledger = await findLedger(view, input.ledger)
  const point = await pointInHistory(view.db, ledger, input)
  const filter = { prefix: input.prefix, type: input.type }
  const valueTime = input.value_time === undefined ? undefined : Date.parse(input.value_time)
  const balances = await balancesOf(view.db, ledger.id, filter, { ...point, valueTime })
  const rateTime = input.rate_time === undefined ? (valueTime ?? point.at) : Date.parse(input.rate_time)
  const terms = await termsFor(view.db, balances, {
    reporting: input.reporting_asset,
    rounding: input.rounding,
    request: termsOf(input, rateTime),
  })
  const accounts = valuedOrRefused(balances, terms)
  const show = ({ value, residue }: ValuedTotal) => ({
    value: formatDecimal(value, terms.reporting.exponent),
    residue: residue.toString(),
  })
  return {
    ledger: input.ledger,
    posted: false as const,
    reporting_asset: input.reporting_asset,
    rounding: input.rounding,
    rate_time: new Date(rateTime).toISOString(),
    at: new Date(point.at).toISOString(),
    seq: String(point.seq),
    value_time: valueTime === undefined ? null : new Date(valueTime).toISOString(),
    accounts: accounts.map((account) => ({
      address: account.address,
      asset: account.asset,
      type: account.type,
      balance: formatDecimal(account.net, exponentOf(account.asset, terms)),
      rate: account.rate === undefined ? null : usedRate(input.source, account.rate),
      ...show(account),
    })),
    totals: totalsByType(accounts).map(({ type, ...total }) => ({ type, ...show(total) })),
    difference: show(totalOf(accounts)),
  }
}

/** A row for each account, then one for each total and one for what rounding left between the two sides. */
async function* asCsv(view: View, input: Static<typeof Input>): AsyncGenerator<string> {
  const { accounts, totals, difference, reporting_asset: asset } = await work(view, input)
  const posted = 'not posted: valuation'
  yield* csv(csvHeader, [
    ...accounts.map(({ rate, ...row }) => [
      ...['account', row.address, row.type, row.asset, row.balance],
      ...[rate?.rate ?? '', rate?.time ?? '', rate?.source ?? '', row.value, asset, row.residue, posted],
    ]),
    ...totals.map((row) => [
      'total',
      '',
      row.type,
      '',
      '',
      '',
      '',
      '',
      row.value,
      asset,
      row.residue,
      posted,
    ]),
    ['difference', '', '', '', '', '', '', '', difference.value, asset, difference.residue, posted],
  ])
}

const csvHeader = [
  ...['row', 'address', 'type', 'asset', 'balance', 'rate', 'rate_time', 'rate_source'],
  ...['value', 'reporting_asset', 'residue', 'note'],
]

interface Point {
  readonly seq: bigint
  readonly at: number
  readonly now: boolean
  readonly valueTime: number | undefined
}

/** Index probes for each account, however long its history. */
async function balancesOf(db: Db, ledgerId: bigint, filter: AccountFilter, point: Point): Promise<Balance[]> {
  const { seq, at, now, valueTime } = point
  if (valueTime !== undefined) {
    const totals = await postedByValueTime(db, ledgerId, filter, { seq, valueTime })
    return notZero(totals.map((total) => ({ ...total, net: total.debits - total.credits })))
  }
  const counters = now
    ? await currentBalances(db, ledgerId, filter, at)
    : await balancesAsOf(db, ledgerId, filter, seq, at)
  return notZero(
    counters.map((account) => ({ ...account, net: account.postedDebits - account.postedCredits })),
  )
}

function notZero(balances: readonly Balance[]): Balance[] {
  return balances.filter((balance) => balance.net !== 0n)
}

/** Loads the assets and rates that these balances need. */
async function termsFor(
  db: Db,
  balances: readonly Balance[],
  asked: { reporting: string; rounding: RoundingMode; request: RateRequest },
): Promise<ValuationTerms> {
  const reporting = await assetOf(db, asked.reporting)
  const foreign = [...new Set(balances.map((balance) => balance.asset))].filter(
    (code) => code !== reporting.code,
  )
  const assets = await findAssets(db, foreign)
  const rates = await ratesTo(db, [...assets.values()], reporting, asked.request)
  return { reporting, assets, rates, rounding: asked.rounding, at: asked.request.at }
}

function valuedOrRefused(balances: readonly Balance[], terms: ValuationTerms): ValuedAccount[] {
  try {
    return valued(balances, terms)
  } catch (error) {
    if (!(error instanceof MoneyError) || error.code !== 'amount_out_of_range') throw error
    throw new Refusal(
      'amount_out_of_range',
      `A value in ${terms.reporting.code} is too large: ${error.message}`,
      {
        asset: terms.reporting.code,
      },
    )
  }
}

function exponentOf(asset: string, { reporting, assets }: ValuationTerms): number {
  return asset === reporting.code ? reporting.exponent : (assets.get(asset)?.exponent ?? 0)
}
