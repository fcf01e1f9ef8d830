import { formatDecimal } from '@florin/money'
import type { AccountType } from '../domain/account.ts'
import { byAsset, firstOf } from './turnover.ts'

/** What stands on an account at the end of a day, and of another day: debits − credits in minor units. */
export interface StandingRow {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly current: bigint
  readonly compared: bigint | undefined
}

interface Cells {
  readonly current: bigint
  readonly compared: bigint | undefined
}

/**
 * Assets, liabilities and equity of each asset. What revenue and expense accounts still hold, because their period is
 * not closed, is a line of equity of its own.
 */
export function balanceSheet(rows: readonly StandingRow[]) {
  return byAsset(rows.filter((row) => row.current !== 0n || (row.compared ?? 0n) !== 0n)).map((own) => {
    const { asset, exponent } = firstOf(own)
    const isCompared = own.some((row) => row.compared !== undefined)
    const of = (type: AccountType) => own.filter((row) => row.type === type)
    const lines = (type: AccountType, sign: bigint) =>
      of(type).map((row) => ({ address: row.address, ...cellsView(times(sign, row), exponent) }))
    const sum = (types: readonly AccountType[], sign: bigint): Cells =>
      total(
        types.flatMap((type) => of(type).map((row) => times(sign, row))),
        isCompared,
      )
    const assets = sum(['asset'], 1n)
    const liabilities = sum(['liability'], -1n)
    const result = sum(['revenue', 'expense'], -1n)
    const equity = total([sum(['equity'], -1n), result], isCompared)
    return {
      asset,
      assets: lines('asset', 1n),
      liabilities: lines('liability', -1n),
      equity: lines('equity', -1n),
      undistributed_result: cellsView(result, exponent),
      total_assets: cellsView(assets, exponent),
      total_liabilities: cellsView(liabilities, exponent),
      total_equity: cellsView(equity, exponent),
      balanced:
        assets.current === liabilities.current + equity.current &&
        (assets.compared ?? 0n) === (liabilities.compared ?? 0n) + (equity.compared ?? 0n),
    }
  })
}

function times(sign: bigint, { current, compared }: Cells): Cells {
  return { current: sign * current, compared: compared === undefined ? undefined : sign * compared }
}

function total(cells: readonly Cells[], isCompared: boolean): Cells {
  let [current, compared] = [0n, 0n]
  for (const cell of cells) {
    current += cell.current
    compared += cell.compared ?? 0n
  }
  return { current, compared: isCompared ? compared : undefined }
}

function cellsView({ current, compared }: Cells, exponent: number) {
  const amount = formatDecimal(current, exponent)
  if (compared === undefined) return { amount }
  return {
    amount,
    compared: formatDecimal(compared, exponent),
    difference: formatDecimal(current - compared, exponent),
  }
}
