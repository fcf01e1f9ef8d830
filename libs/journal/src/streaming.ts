import type { JournalFormat, JournalResult, JournalTransaction, SourceRef } from './model.ts'

/** What a journal says beside its transactions, once it was read to its end. */
export interface StreamResult extends Omit<JournalResult, 'transactions'> {
  /** Transactions that were given. */
  readonly transactions: number
  /** Remarks beyond those that are kept. */
  readonly untold: number
  /**
   * What can only be known at the end of the file, for another reading of it. Where `again` is true the first reading
   * would have needed it: its errors and accounts count for nothing.
   */
  readonly learned: unknown
  readonly again: boolean
}

/** Reads a journal part by part. */
export interface StreamReader {
  readonly format: JournalFormat
  /** Takes the next part of the text; gives the transactions that are complete by now. */
  read(text: string, isLast: boolean): { readonly transactions: JournalTransaction[]; readonly rest: string }
  result(): StreamResult
}

/** The journal must be read as a whole: something in it depends on what comes later. */
export class NotStreamable extends Error {
  override readonly name = 'NotStreamable'
  readonly at: SourceRef

  constructor(at: SourceRef, why: string) {
    super(why)
    this.at = at
  }
}

/** Remarks and errors that are kept, of each sort. */
export const mostRemarks = 1_000
