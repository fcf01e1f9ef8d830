import type { Clock } from './clock.ts'
import type { Context } from './context.ts'
import type { Db } from './database.ts'
import type { Refusal } from './errors.ts'
import type { Random } from './random.ts'

/** A fact for the outside, delivered at least once from the outbox; consumers deduplicate on `id`. */
export interface DomainEvent {
  /** `<module>.<thing>.<past participle>`, such as `ledger.account.overdrawn`. */
  readonly type: string
  /** What it is about, such as `demo/customers:42:wallet USD`. */
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What a command changed, for the audit trail; the kernel adds who, when, why and the request. */
export interface Change {
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

/** Reading: one consistent snapshot of the database, no right to change it. */
export interface View {
  readonly db: Db
  readonly clock: Clock
  readonly context: Context
}

/**
 * A unit of work: one database transaction. What is done through it commits or vanishes as a whole,
 * together with its audit record, its outbox events and the stored outcome.
 */
export interface Unit {
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
  /** The context of the one call; in a batch, of its first call: each call there has its own. */
  readonly context: Context
  /** The id of the one call; in a batch, of its first call. */
  readonly callId: string
  /** A fresh UUIDv7. */
  newId(): string
  /** Puts an event into the outbox when the unit commits. */
  emit(event: DomainEvent, context?: Context): void
  /** Says what the call changed; in a batch, the call whose context is given. Without it the audit record carries the input only. */
  changed(change: Change, context?: Context): void
  /** Called once the unit is known to be committed; never if it was rolled back, refused, or its fate is unknown. */
  afterCommit(then: () => void): void
}

/** One call within a batch. */
export interface Call<I> {
  /** From caller, command and key: the same request always has the same id. */
  readonly id: string
  readonly input: I
  readonly context: Context
  /** SHA-256 of the canonical JSON of the input. */
  readonly payloadHash: Buffer
}

export type Outcome<O> = { readonly done: O } | { readonly refused: Refusal }

/** An outcome found in a trail. */
export interface Recorded<O> {
  readonly payloadHash: Buffer
  readonly outcome: Outcome<O>
}

/**
 * The records of a command that are idempotency store and audit trail themselves. Its `runMany` records the outcome
 * of every call, refusals included, so that `find` finds it.
 */
export interface Trail<O> {
  /**
   * Takes the locks under which the calls will run, with its very first statement, then finds the calls that have an
   * outcome already.
   * After it returns no other process may record an outcome for these ids before this unit ends,
   * except where `constraint` catches it.
   */
  find(unit: Unit, calls: readonly Call<unknown>[]): Promise<ReadonlyMap<string, Recorded<O>>>
  /** The unique constraint on the call's id: its violation means that another process was first. */
  readonly constraint: string
}
