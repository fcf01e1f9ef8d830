import { formatDecimal } from '@florin/money'
import { byAsset, cleanUpOf, firstOf, isIdle, netOf, type ReportRow, type Turnover } from './turnover.ts'

/** What was earned or spent: by the activity of the days, by clean-up of earlier ones, and together. */
interface Earned {
  readonly activity: bigint
  readonly cleanUp: bigint
}

interface Cells {
  readonly current: Earned
  readonly compared: Earned | undefined
}

/** Revenue and expenses of each asset, with the result. Revenue is positive where it was earned, expense where spent. */
export function incomeStatement(rows: readonly ReportRow[]) {
  return byAsset(rows.filter((row) => !isIdle(row.current) || !isIdle(row.compared))).map((own) => {
    const { asset, exponent } = firstOf(own)
    const revenue = own.filter((row) => row.type === 'revenue').map((row) => lineOf(row, -1n))
    const expenses = own.filter((row) => row.type === 'expense').map((row) => lineOf(row, 1n))
    const earned = total(revenue.map((line) => line.cells))
    const spent = total(expenses.map((line) => line.cells))
    const show = ({ address, cells }: { address: string; cells: Cells }) => ({
      address,
      ...cellsView(cells, exponent),
    })
    return {
      asset,
      // Closing entries are left out, so a line may have nothing left to say.
      revenue: revenue.filter((line) => !isNothing(line.cells)).map(show),
      expenses: expenses.filter((line) => !isNothing(line.cells)).map(show),
      total_revenue: cellsView(earned, exponent),
      total_expenses: cellsView(spent, exponent),
      result: cellsView(total([earned, negated(spent)]), exponent),
    }
  })
}

function lineOf(row: ReportRow, sign: bigint): { address: string; cells: Cells } {
  const earned = (turnover: Turnover): Earned => ({
    activity: sign * netOf(turnover),
    cleanUp: sign * cleanUpOf(turnover),
  })
  return {
    address: row.address,
    cells: {
      current: earned(row.current),
      compared: row.compared === undefined ? undefined : earned(row.compared),
    },
  }
}

function isNothing({ current, compared }: Cells): boolean {
  return [current, compared].every(
    (earned) => earned === undefined || (earned.activity === 0n && earned.cleanUp === 0n),
  )
}

function total(cells: readonly Cells[]): Cells {
  const add = (of: (cell: Cells) => Earned | undefined): Earned => {
    let [activity, cleanUp] = [0n, 0n]
    for (const cell of cells) {
      activity += of(cell)?.activity ?? 0n
      cleanUp += of(cell)?.cleanUp ?? 0n
    }
    return { activity, cleanUp }
  }
  const isCompared = cells.some((cell) => cell.compared !== undefined)
  return {
    current: add((cell) => cell.current),
    compared: isCompared ? add((cell) => cell.compared) : undefined,
  }
}

function negated({ current, compared }: Cells): Cells {
  const minus = ({ activity, cleanUp }: Earned): Earned => ({ activity: -activity, cleanUp: -cleanUp })
  return { current: minus(current), compared: compared === undefined ? undefined : minus(compared) }
}

function earnedView({ activity, cleanUp }: Earned, exponent: number) {
  return {
    activity: formatDecimal(activity, exponent),
    clean_up: formatDecimal(cleanUp, exponent),
    amount: formatDecimal(activity + cleanUp, exponent),
  }
}

function cellsView({ current, compared }: Cells, exponent: number) {
  const shown = earnedView(current, exponent)
  if (compared === undefined) return shown
  const difference = current.activity + current.cleanUp - compared.activity - compared.cleanUp
  return {
    ...shown,
    compared: earnedView(compared, exponent),
    difference: formatDecimal(difference, exponent),
  }
}
