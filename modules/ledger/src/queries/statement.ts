import { Counter, defineList, InvalidInput, NullableTime, Time, Uuid } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import {
  AccountTypeSchema,
  Address,
  Amount,
  AssetCode,
  Day,
  Description,
  LedgerName,
  Reference,
  SignedAmount,
  strict,
} from '../schemas.ts'
import { statementCamt } from '../statement/camt.ts'
import { statementCsv } from '../statement/csv.ts'
import { statementHtml } from '../statement/html.ts'
import { balanceAfter, type Continuation, closes, readLines, type StatementLine } from '../statement/lines.ts'
import {
  balanceOf,
  openStatement,
  type Pinned,
  type Statement,
  type StatementOrder,
} from '../statement/statement.ts'

const posted = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']

const StatementLineView = strict(
  {
    seq: Counter,
    line: Type.Integer(),
    booked_at: Time,
    value_time: Time,
    transaction: Uuid,
    kind: Type.String(),
    reference: Type.Union([Reference, Type.Null()]),
    description: Type.Union([Description, Type.Null()]),
    counter_account: Address,
    side: Type.Enum(['debit', 'credit']),
    amount: Amount,
    balance: SignedAmount,
  },
  { title: 'StatementLine' },
)

const frame = strict({
  ledger: LedgerName,
  address: Address,
  asset: AssetCode,
  type: AccountTypeSchema,
  order: Type.Enum(['booking', 'value']),
  from: NullableTime,
  to: NullableTime,
  seq: {
    ...Counter,
    description: 'Only what the records up to this one say; send it to have the same statement again',
  },
  number: Type.Union([Counter, Type.Null()], {
    description:
      'Of a statement of one day: 1 on the day on which the account was opened, and one more each day',
  }),
  opening_balance: SignedAmount,
  debits: { ...Amount, description: 'Sum of the debits between opening and closing balance' },
  credits: { ...Amount, description: 'Sum of the credits between opening and closing balance' },
  closing_balance: SignedAmount,
})

export const accountStatement = defineList({
  name: 'ledger.account.statement',
  summary: 'Read an account’s statement: opening balance, lines, closing balance',
  description: [
    'Balances are totals on the account’s normal side. Lines come in booking order, or in value order with the balances that follow from it; `from` (inclusive) and `to` (exclusive) mean booking or value times accordingly, and `day` is a whole day of them. In value order without `to` it reaches until now.',
    'Also as `text/csv`, as a page to print (`text/html`), and as ISO 20022 camt.053.001.08 (`application/xml`, ISO 4217 currencies only). There Florin’s ledger is the account servicer: what credits the account in its books is `CRDT`, so on a liability account, which holds a customer’s money, money coming in is.',
  ].join('\n\n'),
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts/{address}/statement' },
  input: strict({
    ledger: LedgerName,
    address: Address,
    asset: AssetCode,
    order: Type.Optional(Type.Enum(['booking', 'value'], { description: 'booking if absent' })),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    day: Type.Optional(Day),
    seq: Type.Optional(frame.properties.seq),
  }),
  frame,
  item: StatementLineView,
  permission: 'ledger.account.statement',
  refusals: ['ledger_not_found', 'account_not_found', 'statement_impossible'],
  example: { after: posted, input: { ledger: 'demo', address: 'customers:42:wallet', asset: 'EUR' } },
  formats: [
    { mediaType: 'text/csv; charset=utf-8', write: statementCsv },
    { mediaType: 'text/html; charset=utf-8', write: statementHtml },
    { mediaType: 'application/xml', write: statementCamt },
  ],
  async page(view, input, page) {
    const { pinned, from } = page.after === undefined ? firstPage : readKey(page.after, input.order)
    const statement = await openStatement(view, input, pinned)
    const lines = await readLines(view, statement, from, page.fetch)
    // In value order the balances of a later page begin with what its cursor says.
    if (lines.length < page.fetch && !leadsToEnd(statement, lines, from)) {
      if (from === undefined) throw new Error(`The statement of ${input.address} does not add up`)
      throw notOurs()
    }
    return {
      frame: frameView(statement, input.ledger),
      rows: lines.map((line) => ({ item: lineView(statement, line), key: keyOf(statement, line) })),
    }
  },
})

function leadsToEnd(
  statement: Statement,
  lines: readonly StatementLine[],
  from: Continuation | undefined,
): boolean {
  const totals = lines.at(-1)?.after ?? from?.totals
  // After a cursor of booking order there is nothing to compare with where no line is left.
  return totals === undefined && from !== undefined ? true : closes(statement, totals)
}

function frameView(statement: Statement, ledger: string) {
  const { account, order, from, to, asOf, number, opening, closing } = statement
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  const time = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString()
  return {
    ledger,
    address: account.address,
    asset: account.asset,
    type: account.type,
    order,
    from: time(from),
    to: time(to),
    seq: String(asOf),
    number: number === undefined ? null : String(number),
    opening_balance: show(balanceOf(account, opening)),
    debits: show(closing.debits - opening.debits),
    credits: show(closing.credits - opening.credits),
    closing_balance: show(balanceOf(account, closing)),
  }
}

function lineView(statement: Statement, line: StatementLine) {
  const { exponent } = statement.account
  return {
    seq: String(line.seq),
    line: line.line,
    booked_at: line.booked_at.toISOString(),
    value_time: line.value_time.toISOString(),
    transaction: line.transaction,
    kind: line.kind,
    reference: line.reference,
    description: line.description,
    counter_account: line.counter_account,
    side: line.side,
    amount: formatDecimal(line.amount, exponent),
    balance: formatDecimal(balanceAfter(statement, line), exponent),
  }
}

const firstPage = { pinned: undefined, from: undefined }

/**
 * What the next page needs: as of which record the statement is and where it ends, where this page ended, and in value
 * order the totals there, which are written down nowhere else.
 */
function keyOf({ asOf, to, order }: Statement, line: StatementLine): string[] {
  const { debits, credits } = line.after
  return [
    ...[asOf, to ?? '', line.value_time.getTime(), line.seq, line.line].map(String),
    ...(order === 'value' ? [String(debits), String(credits)] : []),
  ]
}

function readKey(
  key: readonly string[],
  order: StatementOrder | undefined,
): { pinned: Pinned; from: Continuation } {
  const [asOf = '', to = '', valueTime = '', seq = '', line = '', ...totals] = key
  const valid =
    [asOf, seq].every((part) => /^\d{1,18}$/.test(part)) &&
    /^\d{1,9}$/.test(line) &&
    [to === '' ? '0' : to, valueTime].every(isInstant) &&
    totals.every((part) => /^\d{1,96}$/.test(part)) &&
    (order === 'value' ? totals.length === 2 && to !== '' : totals.length === 0)
  if (!valid) throw notOurs()
  const [debits, credits] = totals
  return {
    pinned: { asOf: BigInt(asOf), to: to === '' ? undefined : Number(to) },
    from: {
      valueTime: Number(valueTime),
      seq: BigInt(seq),
      line: Number(line),
      totals:
        debits === undefined || credits === undefined
          ? undefined
          : { debits: BigInt(debits), credits: BigInt(credits) },
    },
  }
}

/** Epoch milliseconds of the years that have four digits. */
function isInstant(text: string): boolean {
  if (!/^-?\d{1,15}$/.test(text)) return false
  const date = new Date(Number(text))
  return !Number.isNaN(date.getTime()) && /^(?!0000)\d{4}-/.test(date.toISOString())
}

function notOurs(): InvalidInput {
  return new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
}
