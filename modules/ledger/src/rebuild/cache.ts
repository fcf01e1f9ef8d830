import type { Db, Unit } from '@florin/kernel'
import type { LedgerHead } from '../store/head.ts'
import type { Scope } from '../verification/scope.ts'

/** Something kept beside the records that could be thrown away: it is derived from them alone. */
export interface Cache {
  readonly name: string
  /** What differs from the records, as far as the scope goes. Takes no lock, so some of it may be right by now. */
  differences(
    db: Db,
    scope: Scope,
    progress: (done: number, of: number) => void,
  ): Promise<readonly Difference[]>
  /**
   * Counts what these keys stand for as far as the scope goes, without a lock, and gives what is to be done under the
   * ledger's lock. Keys come from outside: any text is possible, and those of other ledgers are left alone.
   */
  prepare(db: Db, scope: Scope, keys: readonly string[]): Promise<Mend>
}

/** Counts on to the journal's end, writes what the records say, and tells what it changed. To be run under the lock. */
export type Mend = (unit: Unit, ledger: LedgerHead) => Promise<readonly Difference[]>

/** One thing that is kept, what is kept of it, and what the records come to. Amounts in minor units, as texts. */
export interface Difference {
  readonly cache: string
  /** Names it for the program: an account's id, a hold's id. */
  readonly key: string
  /** Names it for people. */
  readonly subject: string
  readonly kept: Readonly<Record<string, string>> | null
  readonly counted: Readonly<Record<string, string>>
}
