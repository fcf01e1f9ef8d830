/** Where something stands in the text that was read; `line` counts from 1. */
export interface SourceRef {
  readonly file: string
  readonly line: number
}

export type JournalFormat = 'beancount' | 'hledger' | 'ledger'
export type AccountType = 'asset' | 'liability' | 'equity' | 'revenue' | 'expense'
export type Metadata = Readonly<Record<string, string>>

/** One text of the journal. `name` is the path shown in problems and used to resolve includes. */
export interface JournalFile {
  readonly name: string
  readonly content: string
}

/** The main file, and how the caller finds the files it includes (the library itself does no I/O). */
export interface JournalSource extends JournalFile {
  /** The file at `path`, already resolved against the including file; undefined where there is none. */
  readonly include?: (path: string, fromFile: string) => JournalFile | undefined
  /** The paths matching a glob pattern (already resolved), in a stable order. */
  readonly list?: (pattern: string, fromFile: string) => readonly string[]
}

export interface ReadOptions {
  /** Told from the file name's ending or its content when left out. */
  readonly format?: JournalFormat
  /** Commodity in the file → code in the books; `$ € £ ¥` are USD EUR GBP JPY unless said otherwise. */
  readonly commodities?: Readonly<Record<string, string>>
  /** Account name prefix → type, for roots that tell nothing. Longest prefix wins; before directives. */
  readonly types?: Readonly<Record<string, AccountType>>
  /** Account that takes the other side of each conversion; `Equity:Conversions` / `equity:conversions`. */
  readonly conversionAccount?: string
}

export interface JournalAccount {
  readonly name: string
  readonly type: AccountType
  readonly opened?: string
  readonly closed?: string
  readonly metadata: Metadata
  readonly source: SourceRef
}

export interface JournalCommodity {
  readonly code: string
  /** Most digits after the point of any booked amount. */
  readonly decimals: number
  /** Decimals of the asset, as an export of ours declared them. */
  readonly exponent?: number
  readonly metadata: Metadata
  readonly source: SourceRef
}

export interface JournalLine {
  readonly account: string
  readonly commodity: string
  /** Exact decimal text; positive is a debit, negative a credit. Never zero in `lines`. */
  readonly amount: string
  /** `conversion` marks a line added so that each commodity balances by itself. */
  readonly role: 'posting' | 'conversion'
  readonly metadata: Metadata
  readonly source: SourceRef
}

/** A posting that moves nothing: kept because it is in the file, apart because books take amounts > 0. */
export interface ZeroLine {
  readonly account: string
  /** Undefined where an elided posting had nothing to take up, so it never got a commodity. */
  readonly commodity?: string
  readonly metadata: Metadata
  readonly source: SourceRef
}

export interface JournalTransaction {
  readonly kind: 'transaction' | 'pad'
  /** YYYY-MM-DD */
  readonly date: string
  readonly secondaryDate?: string
  readonly status?: string
  readonly code?: string
  readonly payee?: string
  readonly narration: string
  readonly tags: readonly string[]
  readonly links: readonly string[]
  readonly metadata: Metadata
  readonly lines: readonly JournalLine[]
  readonly zeroLines: readonly ZeroLine[]
  readonly source: SourceRef
}

/** A reason not to import the journal. A false assertion carries account … found. */
export interface JournalError extends SourceRef {
  readonly code: string
  readonly message: string
  readonly account?: string
  readonly commodity?: string
  readonly expected?: string
  readonly found?: string
}

/** Something in the file that does not touch the books and has no place in them. */
export interface NotRepresented extends SourceRef {
  readonly what: string
  readonly why: string
}

/** Something done on the reader's own account that the caller may want to see. */
export interface JournalNotice extends SourceRef {
  readonly code: string
  readonly message: string
}

export interface JournalResult {
  readonly format: JournalFormat
  /** Names of all files read, the main one first. */
  readonly files: readonly string[]
  readonly accounts: readonly JournalAccount[]
  readonly commodities: readonly JournalCommodity[]
  /** By date; within a date in the order of the file. */
  readonly transactions: readonly JournalTransaction[]
  /** How many balance assertions were checked. */
  readonly assertions: number
  readonly notRepresented: readonly NotRepresented[]
  readonly notices: readonly JournalNotice[]
  /** If there is any, nothing of the journal may be imported. */
  readonly errors: readonly JournalError[]
}
