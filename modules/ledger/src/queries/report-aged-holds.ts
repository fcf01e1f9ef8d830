import { Counter, defineQuery, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { dayOf } from '../domain/periods.ts'
import { byAsset, firstOf } from '../reports/turnover.ts'
import { AccountTypeSchema, Amount, AssetCode, Day, LedgerName, strict } from '../schemas.ts'
import { reservedByAge } from '../store/open-holds.ts'
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
import { dayInput, filterInput, knownPoint } from './report-frame.ts'
import { type Table, tableFormats } from './report-table.ts'

const holdsInput = strict({
  ledger: LedgerName,
  prefix: filterInput.prefix,
  asset: filterInput.asset,
  as_of_seq: dayInput.as_of_seq,
  booked_until: dayInput.booked_until,
  ages,
})

export const agedHolds = defineQuery({
  name: 'ledger.report.aged-holds',
  summary: 'Open holds by account and age',
  description:
    'What open holds reserve, now or as of a booking time or sequence number, on the accounts that they take from, by whole days since their value time.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/aged-holds' },
  input: holdsInput,
  output: strict({
    ledger: LedgerName,
    day: Day,
    as_of_seq: Counter,
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
  refusals: ['ledger_not_found', 'span_unclear'],
  example: { after: ['ledger.hold.reserve'], input: { ledger: 'demo' } },
  async run(view, input) {
    const { ledger, point, buckets, rows } = await reserved(view, input)
    const shown = ({ exponent, buckets: amounts }: AgedRow) => ({
      reserved: formatDecimal(total(amounts), exponent),
      by_age: amounts.map((amount) => formatDecimal(amount, exponent)),
    })
    return {
      ledger: ledger.name,
      day: dayOf(point.at),
      as_of_seq: String(point.seq),
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
  formats: tableFormats(holdsTable),
})

async function holdsTable(view: View, input: Static<typeof holdsInput>): Promise<Table> {
  const { ledger, point, buckets, rows } = await reserved(view, input)
  return {
    title: `${ledger.name}, open holds on ${dayOf(point.at)}, up to record ${point.seq}`,
    header: ['address', 'asset', 'type', 'holds', 'reserved', ...buckets.map(bucketName)],
    rows: rows.map(({ address, asset, exponent, type, holds, buckets: amounts }) => [
      address,
      asset,
      type,
      holds,
      ...[total(amounts), ...amounts].map((amount) => formatDecimal(amount, exponent)),
    ]),
  }
}

async function reserved(view: View, input: Static<typeof holdsInput>) {
  const { ledger, ...point } = await knownPoint(view, input)
  const buckets = bucketsFor(input.ages)
  const found = await reservedByAge(
    view.db,
    ledger.id,
    { prefix: input.prefix, asset: input.asset },
    point,
    buckets.flatMap(({ to }) => to ?? []),
  )
  const groups = Map.groupBy(found, ({ address, asset }) => `${address}\u0000${asset}`)
  const rows = [...groups.values()].map((own): AgedRow & { readonly holds: number } => {
    const { address, asset, exponent, type } = firstOf(own)
    const amounts = buckets.map((_, i) => own.find(({ bucket }) => bucket === i)?.reserved ?? 0n)
    const holds = Number(own.reduce((count, one) => count + one.holds, 0n))
    return { address, asset, exponent, type, buckets: amounts, holds }
  })
  return { ledger, point, buckets, rows }
}
