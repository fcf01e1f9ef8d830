import type { Decimal } from '../decimal.ts'

/** A number or currency that the text left out and booking has to find. */
export const MISSING = 'missing'
export type Missing = typeof MISSING

export interface Amount {
  readonly number: Decimal
  readonly currency: string
}

/** What stands after the account: each half may be left out (`100`, `USD`, or nothing). */
export interface PartialAmount {
  readonly number: Decimal | Missing
  readonly currency: string | Missing
}

/** `{…}` as written. `total` is absent unless the text gives one (`{{…}}` or `# …`). */
export interface CostSpec {
  readonly per: Decimal | Missing
  readonly total: Decimal | Missing | undefined
  readonly currency: string | Missing
  readonly date: string | undefined
  readonly label: string | undefined
}

/** The cost of one lot, complete: with units' currency it is the lot's identity. */
export interface Cost {
  readonly number: Decimal
  readonly currency: string
  readonly date: string
  readonly label: string | undefined
}

export interface Base {
  readonly file: string
  readonly line: number
  readonly date: string
  readonly meta: Record<string, string>
}

export interface RawPosting {
  readonly file: string
  readonly line: number
  readonly flag: string | undefined
  readonly account: string
  /** Absent for a posting with nothing after its account. */
  readonly units: PartialAmount | undefined
  readonly cost: CostSpec | undefined
  readonly price: PartialAmount | undefined
  /** The price as written, for a reader: `@@ 100 USD`. */
  readonly priceText: string | undefined
  readonly meta: Record<string, string>
}

/** A posting after booking: nothing missing. */
export interface BookedPosting {
  readonly file: string
  readonly line: number
  readonly flag: string | undefined
  readonly account: string
  readonly units: Amount
  readonly cost: Cost | undefined
  readonly price: Amount | undefined
  readonly priceText: string | undefined
  readonly meta: Record<string, string>
  /** Its number was found by interpolation, so it says nothing about tolerance. */
  readonly interpolated: boolean
}

interface TransactionHead extends Base {
  readonly kind: 'transaction'
  readonly flag: string
  readonly payee: string | undefined
  readonly narration: string
  readonly tags: readonly string[]
  readonly links: readonly string[]
}

export interface RawTransaction extends TransactionHead {
  readonly postings: readonly RawPosting[]
}

export interface BookedTransaction extends TransactionHead {
  readonly postings: readonly BookedPosting[]
  /** Postings that booking removed because nothing was left for them. */
  readonly empty: readonly RawPosting[]
  readonly synthetic: boolean
}

export interface Open extends Base {
  readonly kind: 'open'
  readonly account: string
  readonly currencies: readonly string[]
  readonly booking: string | undefined
}

export interface Close extends Base {
  readonly kind: 'close'
  readonly account: string
}

export interface Commodity extends Base {
  readonly kind: 'commodity'
  readonly currency: string
}

export interface Pad extends Base {
  readonly kind: 'pad'
  readonly account: string
  readonly source: string
}

export interface Balance extends Base {
  readonly kind: 'balance'
  readonly account: string
  readonly amount: Amount
  readonly tolerance: Decimal | undefined
}

/** Dated directives that never touch a balance; `account` where they name one (it must be open). */
export interface Remark extends Base {
  readonly kind: 'note' | 'document' | 'event' | 'query' | 'price' | 'custom'
  readonly account: string | undefined
}

export type Other = Open | Close | Commodity | Pad | Balance | Remark
export type RawDirective = Other | RawTransaction
export type BookedDirective = Other | BookedTransaction

const ORDER: Readonly<Record<string, number>> = { open: -2, balance: -1, document: 1, close: 2 }

/** Beancount's order: date, then opens, assertions, all else, documents, closes, then the line. */
export function compareDirectives(
  a: RawDirective | BookedDirective,
  b: RawDirective | BookedDirective,
): number {
  if (a.date !== b.date) return a.date < b.date ? -1 : 1
  return (ORDER[a.kind] ?? 0) - (ORDER[b.kind] ?? 0) || a.line - b.line
}
