import { csv, defineList, InvalidInput, integerKey, NullableTime, type Page, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { AccountTypeSchema, AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { generalLedger, type LedgerPlace, type LedgerRow } from '../store/general-ledger.ts'
import { instant } from '../store/rows.ts'
import { filterInput, spanFrame, spanInput, spanRefusals } from './report-frame.ts'

const text = Type.Union([Type.String(), Type.Null()])

const Row = strict(
  {
    address: Type.String(),
    asset: AssetCode,
    type: AccountTypeSchema,
    row: Type.Enum(['opening', 'line', 'closing']),
    value_time: NullableTime,
    booked_at: NullableTime,
    seq: text,
    transaction: text,
    kind: text,
    reference: text,
    description: text,
    counter_account: text,
    debit: text,
    credit: text,
    balance: SignedAmount,
    clean_up: Type.Boolean({
      description: 'Whether the line reverses or corrects something of earlier days',
    }),
  },
  {
    title: 'GeneralLedgerRow',
    description: 'balance: debits − credits after the row. Only lines have what is between type and balance',
  },
)

const input = strict({
  ledger: LedgerName,
  period: spanInput.period,
  from: spanInput.from,
  to: spanInput.to,
  as_of_seq: spanInput.as_of_seq,
  booked_until: spanInput.booked_until,
  ...filterInput,
})

export const generalLedgerReport = defineList({
  name: 'ledger.report.general-ledger',
  summary: 'General ledger of a period or of days: each account’s opening, lines and closing',
  description:
    'Accounts by address and asset, those that moved or stand at something; lines by value time, as booked. As CSV it is the whole, not a page.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/general-ledger' },
  input,
  item: Row,
  permission: 'ledger.report.general-ledger',
  refusals: spanRefusals,
  example: {
    after: ['ledger.transaction.batch', 'ledger.period.define'],
    input: { ledger: 'demo', period: '2026-01' },
  },
  async page(view, asked, page) {
    const rows = []
    for await (const row of read(view, asked, placeOf(page))) {
      rows.push({ item: shown(row), key: keyOf(row) })
      if (rows.length === page.fetch) break
    }
    return { rows }
  },
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, asked) {
        yield* csv(Object.keys(Row.properties), cells(read(view, asked, undefined)))
      },
    },
  ],
})

async function* cells(rows: AsyncIterable<LedgerRow>) {
  for await (const row of rows) yield Object.values(shown(row))
}

async function* read(
  view: View,
  asked: Static<typeof input>,
  after: LedgerPlace | undefined,
): AsyncGenerator<LedgerRow> {
  const { ledger, current, seq } = await spanFrame(view, asked)
  const filter = { prefix: asked.prefix, asset: asked.asset, type: asked.type }
  yield* generalLedger(view.db, { ledgerId: ledger.id, filter, span: current, seq }, after)
}

/** Members in the order of the schema: CSV takes them as they come. */
function shown({ account, row, line, balance }: LedgerRow): Static<typeof Row> {
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  const on = (side: 'debit' | 'credit') => (line?.side === side ? show(line.amount) : null)
  return {
    address: account.address,
    asset: account.asset,
    type: account.type,
    row,
    value_time: line === undefined ? null : instant(line.valueTime),
    booked_at: line === undefined ? null : instant(line.bookedAt),
    seq: line === undefined ? null : String(line.seq),
    transaction: line?.transaction ?? null,
    kind: line?.kind ?? null,
    reference: line?.reference ?? null,
    description: line?.description ?? null,
    counter_account: line?.counterAccount ?? null,
    debit: on('debit'),
    credit: on('credit'),
    balance: show(balance),
    clean_up: line?.cleanUp ?? false,
  }
}

const rowKinds = ['opening', 'line', 'closing'] as const

function keyOf({ account, row, line, balance }: LedgerRow): string[] {
  const place = [
    account.id,
    rowKinds.indexOf(row),
    line?.valueTime ?? 0,
    line?.seq ?? 0n,
    line?.line ?? 0,
    balance,
  ]
  return place.map(String)
}

/** The row that the page before ended with. What a forged cursor says is shown to the forger alone. */
function placeOf(page: Page): LedgerPlace | undefined {
  if (page.after === undefined) return undefined
  const [account, kind, valueTime, seq, line] = [0, 1, 2, 3, 4].map((part) =>
    BigInt(integerKey(page, part) ?? 0),
  )
  const balance = page.after[5] ?? ''
  const row = rowKinds[Number(kind)]
  const isReal =
    /^-?\d{1,97}$/.test(balance) &&
    Number(valueTime) >= earliest &&
    Number(valueTime) <= latest &&
    Number(line) <= mostLines
  if (row === undefined || !isReal || account === undefined || seq === undefined)
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  return { account, row, valueTime: Number(valueTime), seq, line: Number(line), balance: BigInt(balance) }
}

/** The instants that a value time may be. */
const earliest = Date.parse('0001-01-01T00:00:00.000Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')
const mostLines = 2 ** 31 - 1
