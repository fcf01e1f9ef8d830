import type { Db, DomainEvent } from '@florin/kernel'
import type { BookAccount, Effects, Touched } from '../domain/book.ts'
import type { Watches } from '../domain/watches.ts'
import type { LedgerHead } from '../store/head.ts'
import type { Statement } from '../store/rows.ts'
import { Limiting, type LimitUse } from './limiting.ts'
import { Monitoring } from './monitoring.ts'
import type { Order } from './order.ts'
import { Safeguarding } from './safeguarding.ts'

/** An order that was just folded: what it did, and how the accounts that it touched stood before and stand now. */
export interface Turn {
  readonly order: Order
  readonly seq: bigint
  readonly effects: Effects
  readonly touched: readonly Touched[]
}

/** Everything that watches over the accounts of a batch. There is none where nothing does. */
export class Watching {
  readonly #limiting: Limiting
  readonly #monitoring: Monitoring
  readonly #safeguarding: Safeguarding
  #exceeded: readonly DomainEvent[] = []

  private constructor(limiting: Limiting, monitoring: Monitoring, safeguarding: Safeguarding) {
    this.#limiting = limiting
    this.#monitoring = monitoring
    this.#safeguarding = safeguarding
  }

  /** At most one statement for each kind of rule that fits any of the accounts. */
  static async load(
    db: Db,
    ledger: LedgerHead,
    watches: Watches | undefined,
    accounts: ReadonlySet<BookAccount>,
  ): Promise<Watching | undefined> {
    if (watches === undefined) return undefined
    return new Watching(
      await Limiting.load(db, ledger, watches, accounts),
      await Monitoring.load(db, ledger, watches, accounts),
      await Safeguarding.load(db, ledger, watches),
    )
  }

  /** Judged with the order's other checks; throws `limit_exceeded`. */
  check(turn: Turn): void {
    this.#exceeded = this.#limiting.judge(turn)
  }

  /** What there is to tell of the order that was just checked, in order. */
  tell(turn: Turn): DomainEvent[] {
    return [...this.#exceeded, ...this.#monitoring.judge(turn), ...this.#safeguarding.judge(turn)]
  }

  usesOf(account: BookAccount): readonly LimitUse[] {
    return this.#limiting.usesOf(account)
  }

  /** What is kept of it. */
  statements(): Statement[] {
    return [...this.#monitoring.statements(), ...this.#safeguarding.statements()]
  }
}
