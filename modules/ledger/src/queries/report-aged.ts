import { csv, defineQuery, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { dayOf, endOf } from '../domain/periods.ts'
import { agedBalance, type Bucket, bucketsOf, type Sides } from '../reports/aging.ts'
import { byAsset, firstOf } from '../reports/turnover.ts'
import {
  AccountTypeSchema,
  Amount,
  AssetCode,
  Day,
  LedgerName,
  Prefix,
  SignedAmount,
  strict,
} from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { reservedByAge } from '../store/open-holds.ts'
import { postedAt } from '../store/turnover.ts'
import { dayFrame, dayHead, dayInput, filterInput, spanRefusals } from './report-frame.ts'

const dayMs = 86_400_000

const ages = Type.Optional(
  Type.Array(Type.Integer({ minimum: 0, maximum: 100_000 }), {
    minItems: 1,
    maxItems: 20,
    uniqueItems: true,
    description: 'Last day of age of each bucket; older ones make the last. 30, 60, 90 if absent',
  }),
)

const BucketView = strict(
  { from_days: Type.Integer(), to_days: Type.Union([Type.Integer(), Type.Null()]) },
  { title: 'AgeBucket' },
)

function bucketsFor(asked: readonly number[] | undefined): Bucket[] {
  return bucketsOf([...(asked ?? [30, 60, 90])].sort((a, b) => a - b))
}

function bucketView({ from, to }: Bucket): Static<typeof BucketView> {
  return { from_days: from, to_days: to ?? null }
}

/** `days_0_30`, `days_over_90` */
function bucketName({ from, to }: Bucket): string {
  return to === undefined ? `days_over_${from - 1}` : `days_${from}_${to}`
}

interface AgedRow {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: Static<typeof AccountTypeSchema>
  readonly buckets: readonly bigint[]
}

function total(buckets: readonly bigint[]): bigint {
  return buckets.reduce((sum, amount) => sum + amount, 0n)
}

/** Bucket by bucket, of one asset. */
function totalOf(rows: readonly AgedRow[]): bigint[] {
  return rows.reduce<bigint[]>((sums, row) => row.buckets.map((amount, i) => amount + (sums[i] ?? 0n)), [])
}

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
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, input) {
        const { buckets, rows } = await suspense(view, input)
        yield* csv(
          ['address', 'asset', 'type', 'balance', ...buckets.map(bucketName)],
          rows.map(({ address, asset, exponent, type, buckets: amounts }) => [
            address,
            asset,
            type,
            ...[total(amounts), ...amounts].map((amount) => formatDecimal(amount, exponent)),
          ]),
        )
      },
    },
  ],
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

const holdsInput = strict({
  ledger: LedgerName,
  prefix: filterInput.prefix,
  asset: filterInput.asset,
  ages,
})

export const agedHolds = defineQuery({
  name: 'ledger.report.aged-holds',
  summary: 'Open holds by account and age',
  description:
    'What open holds reserve now, on the accounts that they take from, by whole days since their value time.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/aged-holds' },
  input: holdsInput,
  output: strict({
    ledger: LedgerName,
    day: Day,
    buckets: Type.Array(BucketView),
    accounts: Type.Array(
      strict(
        {
          address: Type.String(),
          asset: AssetCode,
          type: AccountTypeSchema,
          holds: Type.Integer(),
          reserved: Amount,
          by_age: Type.Array(Amount, { description: 'In the order of the buckets' }),
        },
        { title: 'AgedHolds' },
      ),
    ),
    totals: Type.Array(
      strict({ asset: AssetCode, reserved: Amount, by_age: Type.Array(Amount) }, { title: 'AgedHoldsTotal' }),
    ),
  }),
  permission: 'ledger.report.aged-holds',
  refusals: ['ledger_not_found'],
  example: { after: ['ledger.hold.reserve'], input: { ledger: 'demo' } },
  async run(view, input) {
    const { ledger, buckets, rows } = await reserved(view, input)
    const shown = ({ exponent, buckets: amounts }: AgedRow) => ({
      reserved: formatDecimal(total(amounts), exponent),
      by_age: amounts.map((amount) => formatDecimal(amount, exponent)),
    })
    return {
      ledger: ledger.name,
      day: dayOf(ledger.bookedAt),
      buckets: buckets.map(bucketView),
      accounts: rows.map(({ holds, ...row }) => ({
        address: row.address,
        asset: row.asset,
        type: row.type,
        holds,
        ...shown(row),
      })),
      totals: byAsset(rows)
        .map((own) => ({ ...firstOf(own), buckets: totalOf(own) }))
        .map((row) => ({ asset: row.asset, ...shown(row) })),
    }
  },
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, input) {
        const { buckets, rows } = await reserved(view, input)
        yield* csv(
          ['address', 'asset', 'type', 'holds', 'reserved', ...buckets.map(bucketName)],
          rows.map(({ address, asset, exponent, type, holds, buckets: amounts }) => [
            address,
            asset,
            type,
            holds,
            ...[total(amounts), ...amounts].map((amount) => formatDecimal(amount, exponent)),
          ]),
        )
      },
    },
  ],
})

async function reserved(view: View, input: Static<typeof holdsInput>) {
  const ledger = await findLedger(view, input.ledger)
  const buckets = bucketsFor(input.ages)
  const found = await reservedByAge(
    view.db,
    ledger.id,
    { prefix: input.prefix, asset: input.asset },
    ledger.bookedAt,
    buckets.flatMap(({ to }) => to ?? []),
  )
  const groups = Map.groupBy(found, ({ address, asset }) => `${address}\u0000${asset}`)
  const rows = [...groups.values()].map((own): AgedRow & { readonly holds: number } => {
    const { address, asset, exponent, type } = firstOf(own)
    const amounts = buckets.map((_, i) => own.find(({ bucket }) => bucket === i)?.reserved ?? 0n)
    const holds = Number(own.reduce((count, one) => count + one.holds, 0n))
    return { address, asset, exponent, type, buckets: amounts, holds }
  })
  return { ledger, buckets, rows }
}
