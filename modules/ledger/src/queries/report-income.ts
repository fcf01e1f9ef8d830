import { type CsvCell, defineQuery, type View } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { incomeStatement } from '../reports/income-statement.ts'
import { AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { loadTurnover } from '../store/turnover.ts'
import { filterInput, type SpanFrame, spanFrame, spanHead, spanInput, spanRefusals } from './report-frame.ts'
import { spanTitle, type Table, tableFormats } from './report-table.ts'

const earned = { activity: SignedAmount, clean_up: SignedAmount, amount: SignedAmount }

const Figures = strict(earned, {
  title: 'Earned',
  description: 'activity of the days; clean_up: what corrects or reverses earlier days; amount: both',
})

const cells = {
  ...earned,
  compared: Type.Optional(Figures),
  difference: Type.Optional(SignedAmount),
}

const Line = strict({ address: Type.String(), ...cells }, { title: 'IncomeLine' })
const Sum = strict(cells, { title: 'IncomeTotal' })

const Statement = strict(
  {
    asset: AssetCode,
    revenue: Type.Array(Line),
    expenses: Type.Array(Line),
    total_revenue: Sum,
    total_expenses: Sum,
    result: Sum,
  },
  { title: 'IncomeStatement' },
)

const input = strict({
  ledger: LedgerName,
  ...spanInput,
  prefix: filterInput.prefix,
  asset: filterInput.asset,
})

export const incomeReport = defineQuery({
  name: 'ledger.report.income-statement',
  summary: 'Income statement of a period or of days: revenue, expenses and result',
  description:
    'By value time and asset; closing entries are left out. Revenue is positive where it was earned, expenses where they were spent. A reversal or correction of something earlier is clean-up of the days it was booked into, or with `corrections` restated part of the activity of the days it belongs to.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/income-statement' },
  input,
  output: strict({ ...spanHead, assets: Type.Array(Statement) }),
  permission: 'ledger.report.income-statement',
  refusals: spanRefusals,
  example: {
    after: ['ledger.transaction.batch', 'ledger.period.define'],
    input: { ledger: 'demo', period: '2026-01' },
  },
  async run(view, asked) {
    const { frame, statements } = await report(view, asked)
    return { ...frame.head, assets: statements }
  },
  formats: tableFormats(table),
})

async function report(view: View, asked: Static<typeof input>) {
  const frame = await spanFrame(view, asked)
  const rows = []
  for (const type of ['revenue', 'expense'] as const) {
    const filter = { prefix: asked.prefix, asset: asked.asset, type }
    rows.push(...(await loadTurnover(view.db, frame.ledger.id, filter, frame, { ...frame, closings: false })))
  }
  // What came before the days is of no interest here.
  const own = rows.map((row) => ({
    ...row,
    current: { ...row.current, opening: 0n },
    compared: row.compared === undefined ? undefined : { ...row.compared, opening: 0n },
  }))
  return { frame, statements: incomeStatement(own) }
}

async function table(view: View, asked: Static<typeof input>): Promise<Table> {
  const { frame, statements } = await report(view, asked)
  return {
    title: spanTitle(frame),
    header: ['asset', 'section', 'address', ...cellNames(frame)],
    rows: statements.flatMap(({ asset, ...statement }) => [
      ...statement.revenue.map((line) => [asset, 'revenue', line.address, ...row(line, frame)]),
      ...statement.expenses.map((line) => [asset, 'expense', line.address, ...row(line, frame)]),
      [asset, 'total_revenue', '', ...row(statement.total_revenue, frame)],
      [asset, 'total_expenses', '', ...row(statement.total_expenses, frame)],
      [asset, 'result', '', ...row(statement.result, frame)],
    ]),
  }
}

const names = ['activity', 'clean_up', 'amount']

function cellNames({ compared }: SpanFrame): string[] {
  return compared === undefined ? names : [...names, ...names.map((name) => `compared_${name}`), 'difference']
}

function row(cell: Static<typeof Sum>, { compared }: SpanFrame): CsvCell[] {
  const own = [cell.activity, cell.clean_up, cell.amount]
  if (compared === undefined) return own
  return [...own, cell.compared?.activity, cell.compared?.clean_up, cell.compared?.amount, cell.difference]
}
