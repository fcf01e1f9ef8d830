import { type Decimal, parseDecimal } from '../decimal.ts'
import type { AccountType, Metadata } from '../model.ts'

export interface ExportAccount {
  /** `customers:42:wallet`, or an imported name such as `Assets:US:BofA:Checking`. */
  readonly address: string
  readonly type: AccountType
  /** YYYY-MM-DD */
  readonly opened?: string
  readonly closed?: string
}

export interface ExportAsset {
  readonly code: string
  readonly exponent: number
}

export interface ExportLine {
  readonly address: string
  readonly asset: string
  /** Signed decimal text; positive is a debit. */
  readonly amount: string
  readonly metadata?: Metadata
}

export interface ExportTransaction {
  /** YYYY-MM-DD */
  readonly date: string
  readonly description: string
  readonly reference?: string
  readonly tags?: readonly string[]
  readonly metadata?: Metadata
  /** Sums to zero per asset, or the export throws. */
  readonly lines: readonly ExportLine[]
}

export interface ExportJournal {
  readonly title?: string
  readonly accounts: readonly ExportAccount[]
  readonly assets: readonly ExportAsset[]
  /** In the order they shall stand; read once, so a generator will do. */
  readonly transactions: Iterable<ExportTransaction>
}

/** Thrown by the writers for books that are none: unknown names, bad dates or amounts, sums that are not zero. */
export class ExportError extends Error {}

const DATE = /^(?:17|18|19|20)\d\d-\d\d-\d\d$/

export function checkDate(date: string): string {
  if (!DATE.test(date)) throw new ExportError(`not a date a journal can hold: ${date}`)
  return date
}

export function amountOf(line: ExportLine): Decimal {
  const amount = parseDecimal(line.amount)
  if (amount === undefined) throw new ExportError(`not an amount: ${line.amount}`)
  return amount
}

/** The day after, for assertions that hold at the start of a day. */
export function dayAfter(date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + 1)
  return day.toISOString().slice(0, 10)
}
