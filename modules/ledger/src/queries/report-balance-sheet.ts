import { type CsvCell, defineQuery, type View } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { endOf } from '../domain/periods.ts'
import { balanceSheet, type StandingRow } from '../reports/balance-sheet.ts'
import { AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { postedAt } from '../store/turnover.ts'
import { type DayFrame, dayFrame, dayHead, dayInput, filterInput, spanRefusals } from './report-frame.ts'
import { dayTitle, type Table, tableFormats } from './report-table.ts'

const cells = {
  amount: SignedAmount,
  compared: Type.Optional(SignedAmount),
  difference: Type.Optional(SignedAmount),
}

const Line = strict({ address: Type.String(), ...cells }, { title: 'BalanceSheetLine' })
const Sum = strict(cells, { title: 'BalanceSheetTotal' })

const Sheet = strict(
  {
    asset: AssetCode,
    assets: Type.Array(Line),
    liabilities: Type.Array(Line),
    equity: Type.Array(Line),
    undistributed_result: Sum,
    total_assets: Sum,
    total_liabilities: Sum,
    total_equity: Sum,
    balanced: Type.Boolean(),
  },
  {
    title: 'BalanceSheet',
    description:
      'undistributed_result: what revenue and expense accounts hold that no closing has moved to equity; it is part of total_equity',
  },
)

const input = strict({ ledger: LedgerName, ...dayInput, asset: filterInput.asset })

export const balanceSheetReport = defineQuery({
  name: 'ledger.report.balance-sheet',
  summary: 'Balance sheet at the end of a day or a period: assets, liabilities and equity',
  description:
    'By value time and asset. Each amount is positive on the normal side of its section; assets = liabilities + equity.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/balance-sheet' },
  input,
  output: strict({ ...dayHead, assets: Type.Array(Sheet) }),
  permission: 'ledger.report.balance-sheet',
  refusals: spanRefusals,
  example: {
    after: ['ledger.transaction.batch', 'ledger.period.define'],
    input: { ledger: 'demo', period: '2026-01' },
  },
  async run(view, asked) {
    const { frame, sheets } = await report(view, asked)
    return { ...frame.head, assets: sheets }
  },
  formats: tableFormats(table),
})

async function report(view: View, asked: Static<typeof input>) {
  const frame = await dayFrame(view, asked)
  return { frame, sheets: balanceSheet(await standing(view, frame, asked.asset)) }
}

async function table(view: View, asked: Static<typeof input>): Promise<Table> {
  const { frame, sheets } = await report(view, asked)
  return {
    title: dayTitle(frame),
    header: ['asset', 'section', 'address', ...cellNames(frame)],
    rows: sheets.flatMap(({ asset, ...sheet }) => [
      ...sheet.assets.map((line) => [asset, 'asset', line.address, ...row(line, frame)]),
      ...sheet.liabilities.map((line) => [asset, 'liability', line.address, ...row(line, frame)]),
      ...sheet.equity.map((line) => [asset, 'equity', line.address, ...row(line, frame)]),
      [asset, 'undistributed_result', '', ...row(sheet.undistributed_result, frame)],
      [asset, 'total_assets', '', ...row(sheet.total_assets, frame)],
      [asset, 'total_liabilities', '', ...row(sheet.total_liabilities, frame)],
      [asset, 'total_equity', '', ...row(sheet.total_equity, frame)],
    ]),
  }
}

async function standing(view: View, frame: DayFrame, asset: string | undefined): Promise<StandingRow[]> {
  const at = (day: string) => postedAt(view.db, frame.ledger.id, { asset }, endOf(day), frame)
  const current = await at(frame.day)
  const compared = frame.comparedDay === undefined ? undefined : await at(frame.comparedDay)
  return current.map((account, i) => {
    const { address, exponent, type, debits, credits } = account
    const other = compared?.[i]
    return {
      address,
      asset: account.asset,
      exponent,
      type,
      current: debits - credits,
      // Both are of the same accounts in the same order: one snapshot, one filter.
      compared: other === undefined ? undefined : other.debits - other.credits,
    }
  })
}

function cellNames({ comparedDay }: DayFrame): string[] {
  return comparedDay === undefined ? ['amount'] : ['amount', 'compared', 'difference']
}

function row(cell: Static<typeof Sum>, { comparedDay }: DayFrame): CsvCell[] {
  return comparedDay === undefined ? [cell.amount] : [cell.amount, cell.compared, cell.difference]
}
