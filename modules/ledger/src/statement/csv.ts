import { type CsvCell, csv, type View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { allLines, balanceAfter } from './lines.ts'
import { balanceOf, openStatement, type Statement, type StatementInput } from './statement.ts'

const header = [
  'kind',
  'booked_at',
  'value_time',
  'seq',
  'line',
  'transaction',
  'reference',
  'description',
  'counter_account',
  'debit',
  'credit',
  'balance',
  'asset',
]

/** A statement as a table: a row for the opening balance, the lines, and a row for the closing balance. */
export async function* statementCsv(view: View, input: StatementInput): AsyncGenerator<string> {
  const statement = await openStatement(view, input)
  yield* csv(header, rowsOf(view, statement))
}

async function* rowsOf(view: View, statement: Statement): AsyncGenerator<CsvCell[]> {
  const { account, opening, closing } = statement
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  const balance = (kind: string, minor: bigint): CsvCell[] => [
    kind,
    ...Array.from({ length: header.length - 3 }, () => null),
    show(minor),
    account.asset,
  ]
  yield balance('opening balance', balanceOf(account, opening))
  for await (const line of allLines(view, statement)) {
    yield [
      line.kind,
      line.booked_at.toISOString(),
      line.value_time.toISOString(),
      line.seq,
      line.line,
      line.transaction,
      line.reference,
      line.description,
      line.counter_account,
      line.side === 'debit' ? show(line.amount) : null,
      line.side === 'credit' ? show(line.amount) : null,
      show(balanceAfter(statement, line)),
      account.asset,
    ]
  }
  yield balance('closing balance', balanceOf(account, closing))
}
