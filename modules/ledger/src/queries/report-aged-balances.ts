import { defineQuery, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { endOf } from '../domain/periods.ts'
import { agedBalance, type Sides } from '../reports/aging.ts'
import { byAsset, firstOf } from '../reports/turnover.ts'
import { AccountTypeSchema, AssetCode, LedgerName, Prefix, SignedAmount, strict } from '../schemas.ts'
import { postedAt } from '../store/turnover.ts'
import {
  type AgedRow,
  ages,
  BucketView,
  bucketName,
  bucketsFor,
  bucketView,
  total,
  totalOf,
} from './report-ages.ts'
import { dayFrame, dayHead, dayInput, filterInput, spanRefusals } from './report-frame.ts'
import { dayTitle, type Table, tableFormats } from './report-table.ts'

const dayMs = 86_400_000

const suspenseInput = strict({
  ledger: LedgerName,
  prefix: Prefix,
  asset: filterInput.asset,
  period: dayInput.period,
  day: dayInput.day,
  as_of_seq: dayInput.as_of_seq,
  booked_until: dayInput.booked_until,
  corrections: dayInput.corrections,
  ages,
})

const { compared_day: _compared, ...suspenseHead } = dayHead

export const agedBalances = defineQuery({
  name: 'ledger.report.aged-balances',
  summary: 'Suspense accounts by the age of what is not matched',
  description:
    'The balance of every account under the prefix, debits − credits, split by the value day of the postings it is made of if what came first was matched first. Ages are in whole days before the day of the report.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/aged-balances' },
  input: suspenseInput,
  output: strict({
    ...suspenseHead,
    buckets: Type.Array(BucketView),
    accounts: Type.Array(
      strict(
        {
          address: Type.String(),
          asset: AssetCode,
          type: AccountTypeSchema,
          balance: SignedAmount,
          by_age: Type.Array(SignedAmount, { description: 'In the order of the buckets' }),
        },
        { title: 'AgedBalance' },
      ),
    ),
    totals: Type.Array(
      strict(
        { asset: AssetCode, balance: SignedAmount, by_age: Type.Array(SignedAmount) },
        { title: 'AgedTotal' },
      ),
    ),
  }),
  permission: 'ledger.report.aged-balances',
  refusals: spanRefusals,
  example: { after: ['ledger.transaction.post'], input: { ledger: 'demo', prefix: 'customers' } },
  async run(view, input) {
    const { frame, buckets, rows } = await suspense(view, input)
    const shown = ({ exponent, buckets: amounts }: AgedRow) => ({
      balance: formatDecimal(total(amounts), exponent),
      by_age: amounts.map((amount) => formatDecimal(amount, exponent)),
    })
    return {
      ...frame.head,
      buckets: buckets.map(bucketView),
      accounts: rows.map((row) => ({
        address: row.address,
        asset: row.asset,
        type: row.type,
        ...shown(row),
      })),
      totals: byAsset(rows)
        .map((own) => ({ ...firstOf(own), buckets: totalOf(own) }))
        .map((row) => ({ asset: row.asset, ...shown(row) })),
    }
  },
  formats: tableFormats(suspenseTable),
})

async function suspense(view: View, input: Static<typeof suspenseInput>) {
  const frame = await dayFrame(view, input)
  const buckets = bucketsFor(input.ages)
  const filter = { prefix: input.prefix, asset: input.asset }
  const end = endOf(frame.day)
  const at = (time: number) => postedAt(view.db, frame.ledger.id, filter, time, frame)
  const now = await at(end)
  const befores: ReadonlyMap<bigint, Sides>[] = []
  for (const { to } of buckets) {
    const totals = to === undefined ? [] : await at(end - (to + 1) * dayMs)
    befores.push(new Map(totals.map((account) => [account.accountId, account])))
  }
  const rows = now
    .filter(({ debits, credits }) => debits !== credits)
    .map((account): AgedRow => {
      const before = befores.map((totals) => totals.get(account.accountId) ?? { debits: 0n, credits: 0n })
      const { address, asset, exponent, type } = account
      return { address, asset, exponent, type, buckets: agedBalance([account, ...before]) }
    })
  return { frame, buckets, rows }
}

async function suspenseTable(view: View, input: Static<typeof suspenseInput>): Promise<Table> {
  const { frame, buckets, rows } = await suspense(view, input)
  return {
    title: dayTitle(frame),
    header: ['address', 'asset', 'type', 'balance', ...buckets.map(bucketName)],
    rows: rows.map(({ address, asset, exponent, type, buckets: amounts }) => [
      address,
      asset,
      type,
      ...[total(amounts), ...amounts].map((amount) => formatDecimal(amount, exponent)),
    ]),
  }
}
