import type { AccountType, Counters } from '../domain/account.ts'
import type { Instruction } from '../domain/instruction.ts'

/**
 * What keeps the books: takes orders, tells what came of each, and shows what it has recorded. The commands of the ledger
 * say what callers may ask; this says what any engine below them must do. Its contract is a test suite,
 * `describePostingEngine` in `@florin/ledger/testing`.
 *
 * - An order takes effect as a whole or is refused and changes nothing but the journal.
 * - Orders of one call are carried out in their order; of concurrent calls in some order, one after another. None refers
 *   to what another of the very same call makes: that is there for others once its outcome was told.
 * - An order's id is answered once: the same order again gets its first outcome, another one under its id none.
 * - Whatever came to an outcome is a record of the ledger's journal, refusals included: numbered from 1 without gaps,
 *   booking times never falling.
 * - Where several refusals apply, the first of the documented precedence is told.
 */
export interface PostingEngine {
  /**
   * Carries out orders and tells what came of each, in their order. When it returns, everything is durable; when it
   * throws, nothing is told, and the very same call may be sent again.
   */
  post(ledger: string, orders: readonly EngineOrder[]): Promise<readonly EngineOutcome[]>
  /** Every account at or below the prefix, by address and asset, now or as it was after record `seq`. */
  balances(
    ledger: string,
    asked: { readonly prefix?: string; readonly seq?: bigint },
  ): Promise<readonly EngineAccount[]>
  /** The records after `seq`, at most `limit`. */
  journal(ledger: string, after: bigint, limit: number): Promise<readonly EngineRecord[]>
}

/** One thing that the ledger is asked to do. Amounts are decimal strings of their asset, times epoch milliseconds. */
export interface EngineOrder {
  /** A UUID from caller and key, made by whoever asks; becomes that of the record, and of a hold that it makes. */
  readonly id: string
  readonly caller: string
  readonly key: string
  /** SHA-256 of what was asked, in canonical form. */
  readonly payloadHash: Buffer
  readonly instruction: Instruction
  /** When it happened; the booking time if absent. */
  readonly valueTime?: number
  /** Below what a policy allows, too; needs a reason. */
  readonly force?: boolean
  readonly reason?: string
  readonly reference?: string
}

export type EngineOutcome =
  | { readonly status: 'booked'; readonly seq: bigint; readonly bookedAt: number; readonly replayed: boolean }
  | { readonly status: 'refused'; readonly code: string; readonly replayed: boolean }
  /** The id was used by another order; nothing is recorded. */
  | { readonly status: 'key_reused' }

/** In minor units. From the instant of its expiry a hold counts no more, whether or not that is recorded. */
export interface EngineAccount extends Counters {
  readonly address: string
  readonly asset: string
  readonly type: AccountType
}

export interface EngineRecord {
  readonly seq: bigint
  readonly id: string
  readonly kind: Instruction['kind']
  readonly bookedAt: number
  readonly valueTime: number
  /** The code, if nothing was booked. */
  readonly refusal: string | undefined
  /** What it reverses or corrects, settles, releases or ends. */
  readonly subject: string | undefined
  /** In minor units. */
  readonly postings: readonly EnginePosting[]
}

export interface EnginePosting {
  readonly debit: string
  readonly credit: string
  readonly asset: string
  readonly amount: bigint
}
