import { Amending } from './amending.ts'
import { Auction } from './auction.ts'
import { Book } from './book.ts'
import { Cancelling } from './cancelling.ts'
import { Checks } from './checks.ts'
import { Digest } from './digest.ts'
import { Entry } from './entry.ts'
import { isWellFormed, settingValue } from './form.ts'
import { command, commandType, noPrice, phase, words as width } from './layout.ts'
import { Matching } from './matching.ts'
import { Phases } from './phases.ts'
import { type Reason, reason } from './reasons.ts'
import type { StateVisit } from './risk/states.ts'
import { Stops } from './stops.ts'
import type { Market, MarketConfig } from './types.ts'

const twoTo32 = 0x1_0000_0000
/** Times are below 2^52 microseconds. */
const mostTimeHigh = 2 ** 20 - 1

/**
 * One market in memory: `apply` carries out a command and writes its records. No I/O, no clock, no randomness: the same
 * commands give the same records, digest and snapshot everywhere. What each command does is in `RULES.md`.
 */
export class Engine implements Market {
  readonly #book: Book
  readonly #entry: Entry
  readonly #amending: Amending
  readonly #cancelling: Cancelling
  readonly #phases: Phases
  readonly #stops: Stops
  readonly #digest: Digest | undefined
  readonly #recordAccount: StateVisit

  /** Throws `RangeError` if the configuration asks for what does not fit. */
  constructor(config: MarketConfig) {
    const book = new Book(config)
    const matching = new Matching(book)
    const checks = new Checks(book, matching)
    this.#book = book
    this.#stops = new Stops(book, matching)
    this.#entry = new Entry(book, matching, this.#stops, checks)
    this.#amending = new Amending(book, checks, this.#entry)
    this.#cancelling = new Cancelling(book)
    this.#phases = new Phases(book, new Auction(book))
    this.#recordAccount = (account, state, previous, cause, equity) => {
      book.out.accountState(account, state, previous, cause, equity)
    }
    this.#digest = config.digest ? new Digest() : undefined
  }

  get sequence(): number {
    return this.#book.state.sequence
  }

  get records(): Int32Array {
    return this.#book.out.words
  }

  /** 32 hexadecimal digits over all commands and records so far; empty if the configuration wants none. */
  digest(): string {
    return this.#digest?.toString() ?? ''
  }

  apply(commands: Int32Array, offset: number): number {
    const book = this.#book
    const { state, out } = book
    const type = commands[offset + command.type] as number
    state.sequence++
    const isTimed = this.#takeTime(commands, offset)
    book.begin()
    out.begin(type === commandType.enter || type === commandType.amend ? noPrice : 0)
    if (state.timeUs >= book.expiries.earliestUs) this.#expire()
    const previousPhase = state.phase
    const refused = this.#isKnown(type) ? this.#judge(type, commands, offset, isTimed) : reason.unknownCommand
    const resumed = previousPhase !== phase.continuous && state.phase === phase.continuous
    if (resumed || book.highest !== noPrice) this.#stops.run(resumed)
    this.#phases.watchLimits()
    book.risk?.changedStates(this.#recordAccount)
    out.answer(commands, offset, state.sequence, state.timeUs, refused)
    if (this.#digest !== undefined) {
      this.#digest.update(commands, offset, offset + width)
      this.#digest.update(out.words, 0, out.count * width)
    }
    return out.count
  }

  /** What is refused of any command, then the command. */
  #judge(type: number, words: Int32Array, from: number, isTimed: boolean): Reason {
    const { config, state } = this.#book
    if (!isTimed || !isWellFormed(words, from, state.timeUs, config)) return reason.malformed
    const account = words[from + command.account] as number
    if (account < leastAccount(type) || account > config.accounts) return reason.unknownAccount
    return this.#carryOut(type, words, from)
  }

  #carryOut(type: number, words: Int32Array, from: number): Reason {
    switch (type) {
      case commandType.enter:
        return this.#entry.enter(words, from)
      case commandType.amend:
        return this.#amending.amend(words, from)
      case commandType.cancel:
        return this.#cancelling.cancel(words, from)
      case commandType.massCancel:
        return this.#cancelling.massCancel(words, from)
      case commandType.phase:
        return this.#phases.change(words, from)
      case commandType.reference:
        return this.#phases.setReference(words, from)
      case commandType.set:
        return this.#phases.set(words, from)
      case commandType.indicate:
        return this.#phases.indicate(words, from)
      case commandType.endOfDay:
        return this.#cancelling.endOfDay()
      case commandType.kill:
        return this.#cancelling.kill(words, from)
      case commandType.tick:
        return reason.none
      default:
        return this.#tellRisk(type, words, from)
    }
  }

  /** Commands that only concern risk, which is there. */
  #tellRisk(type: number, words: Int32Array, from: number): Reason {
    const { risk } = this.#book
    if (risk === undefined) return reason.unknownCommand
    const account = words[from + command.account] as number
    const flags = words[from + command.flags] as number
    const price = words[from + command.price] as number
    if (type === commandType.account) return risk.set(account, flags, settingValue(words, from))
    if (type === commandType.mark) return risk.mark(price)
    return risk.adjust(account, flags, words[from + command.quantity] as number, price)
  }

  #isKnown(type: number): boolean {
    if (type < commandType.enter || type > commandType.adjust) return false
    const needsRisk = type === commandType.account || type === commandType.mark || type === commandType.adjust
    return !needsRisk || this.#book.risk !== undefined
  }

  /** Time never goes back. Returns false if the command's is not one. */
  #takeTime(words: Int32Array, from: number): boolean {
    const high = words[from + command.timeHigh] as number
    if (high < 0 || high > mostTimeHigh) return false
    const timeUs = high * twoTo32 + ((words[from + command.timeLow] as number) >>> 0)
    const { state } = this.#book
    if (timeUs > state.timeUs) state.timeUs = timeUs
    return true
  }

  #expire(): void {
    const book = this.#book
    while (book.state.timeUs >= book.expiries.earliestUs) book.remove(book.expiries.first, reason.expired)
  }
}

function leastAccount(type: number): number {
  return type === commandType.enter || type === commandType.account || type === commandType.adjust ? 1 : 0
}
