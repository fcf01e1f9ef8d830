import type { Decimal } from '../decimal.ts'
import type { SourceRef } from '../model.ts'

export type Dialect = 'hledger' | 'ledger'

/** Thrown inside the parser only; carries the message for the line it was reading. */
export class SyntaxProblem extends Error {
  readonly code: string
  constructor(message: string, code = 'syntax') {
    super(message)
    this.code = code
  }
}

export interface Amount {
  readonly number: Decimal
  readonly commodity: string
}

export interface Cost {
  readonly total: boolean
  readonly amount: Amount
}

export interface Assertion {
  /** `=` one commodity, `==` all of them; `*` with subaccounts. */
  readonly all: boolean
  readonly inclusive: boolean
  readonly amount: Amount
}

export interface Posting {
  readonly at: SourceRef
  readonly status: string | undefined
  readonly account: string
  /** `[account]`: balances among its own kind. (Unbalanced `(account)` is refused while parsing.) */
  readonly virtual: boolean
  readonly amount: Amount | undefined
  readonly cost: Cost | undefined
  readonly lot: Cost | undefined
  /** Lot, price and the like as written. */
  readonly annotations: Record<string, string>
  readonly assertion: Assertion | undefined
  date: string | undefined
  readonly note: Note
}

/** Comment text and the tags found in it. */
export interface Note {
  readonly tags: Set<string>
  readonly metadata: Record<string, string>
}

export interface Transaction {
  readonly at: SourceRef
  readonly date: string
  readonly secondaryDate: string | undefined
  readonly status: string | undefined
  readonly code: string | undefined
  readonly payee: string | undefined
  readonly narration: string
  readonly note: Note
  readonly postings: Posting[]
}
