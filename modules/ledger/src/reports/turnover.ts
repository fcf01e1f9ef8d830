import { formatDecimal } from '@florin/money'
import type { AccountType } from '../domain/account.ts'

/**
 * What happened to an account in a span of days, in minor units. Clean-up is what corrects or undoes something that
 * lay before the span; it is told apart from the activity of the span itself.
 */
export interface Turnover {
  /** debits − credits before the span. */
  readonly opening: bigint
  readonly debits: bigint
  readonly credits: bigint
  readonly cleanUpDebits: bigint
  readonly cleanUpCredits: bigint
}

/** An account, or several that are added up, in one column or beside another span. */
export interface ReportRow {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  /** How many accounts are added up. */
  readonly accounts: number
  readonly current: Turnover
  readonly compared: Turnover | undefined
}

export const noTurnover: Turnover = {
  opening: 0n,
  debits: 0n,
  credits: 0n,
  cleanUpDebits: 0n,
  cleanUpCredits: 0n,
}

/** debits − credits at the end of the span. */
export function closingOf(turnover: Turnover): bigint {
  return turnover.opening + netOf(turnover) + cleanUpOf(turnover)
}

/** debits − credits of the activity. */
export function netOf({ debits, credits }: Turnover): bigint {
  return debits - credits
}

/** debits − credits of the clean-up. */
export function cleanUpOf({ cleanUpDebits, cleanUpCredits }: Turnover): bigint {
  return cleanUpDebits - cleanUpCredits
}

export function isIdle(turnover: Turnover | undefined): boolean {
  return turnover === undefined || Object.values(turnover).every((amount: bigint) => amount === 0n)
}

export function added(a: Turnover, b: Turnover): Turnover {
  return {
    opening: a.opening + b.opening,
    debits: a.debits + b.debits,
    credits: a.credits + b.credits,
    cleanUpDebits: a.cleanUpDebits + b.cleanUpDebits,
    cleanUpCredits: a.cleanUpCredits + b.cleanUpCredits,
  }
}

/** Adds up rows that `placeOf` gives the same address, never those of different assets. */
export function grouped(
  rows: readonly ReportRow[],
  placeOf: (row: ReportRow) => { readonly address: string; readonly key?: string },
): ReportRow[] {
  const groups = new Map<string, ReportRow>()
  for (const row of rows) {
    const { address, key = '' } = placeOf(row)
    const id = `${address}\u0000${row.asset}\u0000${key}`
    const group = groups.get(id)
    groups.set(id, group === undefined ? { ...row, address } : joined(group, row))
  }
  return [...groups.values()]
}

function joined(group: ReportRow, row: ReportRow): ReportRow {
  return {
    ...group,
    accounts: group.accounts + row.accounts,
    current: added(group.current, row.current),
    compared:
      group.compared === undefined || row.compared === undefined
        ? undefined
        : added(group.compared, row.compared),
  }
}

/** The rows of each asset, assets by code. */
export function byAsset<T extends { readonly asset: string }>(rows: readonly T[]): T[][] {
  const groups = Map.groupBy(rows, (row) => row.asset)
  return [...groups.keys()].sort().flatMap((asset) => [groups.get(asset) ?? []])
}

/** The first one of a group, which has at least one. */
export function firstOf<T>(group: readonly T[]): T {
  const [first] = group
  if (first === undefined) throw new Error('A group without rows')
  return first
}

/** The first `depth` segments of an address. */
export function prefixOf(address: string, depth: number): string {
  return address.split(':').slice(0, depth).join(':')
}

/** A turnover as decimal strings. */
export function turnoverView(turnover: Turnover, exponent: number) {
  const show = (minor: bigint): string => formatDecimal(minor, exponent)
  return {
    opening: show(turnover.opening),
    debits: show(turnover.debits),
    credits: show(turnover.credits),
    clean_up_debits: show(turnover.cleanUpDebits),
    clean_up_credits: show(turnover.cleanUpCredits),
    closing: show(closingOf(turnover)),
  }
}

/** Both columns of a row, and by how much their closing balances differ. */
export function columnsView({ current, compared, exponent }: ReportRow) {
  const shown = turnoverView(current, exponent)
  if (compared === undefined) return shown
  return {
    ...shown,
    compared: turnoverView(compared, exponent),
    difference: formatDecimal(closingOf(current) - closingOf(compared), exponent),
  }
}
