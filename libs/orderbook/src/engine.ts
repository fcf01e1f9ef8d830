import { Amending } from './amending.ts'
import { Auction } from './auction.ts'
import { Book } from './book.ts'
import { Cancelling } from './cancelling.ts'
import { Checks } from './checks.ts'
import { Digest } from './digest.ts'
import { Entry } from './entry.ts'
import { isWellFormed, settingValue } from './form.ts'
import { setGate } from './gate.ts'
import type { Ladder } from './ladder.ts'
import * as layout from './layout.ts'
import { Matching } from './matching.ts'
import type { Packing } from './parts.ts'
import { Phases } from './phases.ts'
import { PlainCancel } from './plain-cancel.ts'
import { PlainEntry } from './plain-entry.ts'
import { meets } from './plain-forms.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import type { Position } from './risk/risk.ts'
import type { StateVisit } from './risk/states.ts'
import { copyOf, fill, readSnapshot } from './snapshot.ts'
import { Stops } from './stops.ts'
import type { Market, MarketConfig } from './types.ts'
import { type Level, levelOf, levelsOf, type OrderVisit, visitOrders } from './view.ts'

const { command, commandType, noPrice, phase, side } = layout
const { reason } = reasons

const twoTo32 = 0x1_0000_0000
/** Times are below 2^52 microseconds. */
const mostTimeHigh = 2 ** 20 - 1

/** A snapshot whose digest is worked out piece by piece. */
export type SnapshotCopy = Packing

/**
 * One market in memory: `apply` carries out a command and writes its records. No I/O, no clock, no randomness: the same
 * commands give the same records, digest and snapshot everywhere. What each command does is in `RULES.md`.
 */
export class Engine implements Market {
  readonly #book: Book
  readonly #entry: Entry
  readonly #plainEntry: PlainEntry
  readonly #plainCancel: PlainCancel
  readonly #matching: Matching
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
    this.#digest = config.digest ? new Digest() : undefined
    this.#stops = new Stops(book, matching)
    this.#entry = new Entry(book, matching, this.#stops, checks)
    this.#plainEntry = new PlainEntry(book, this.#digest)
    this.#plainCancel = new PlainCancel(book, this.#digest)
    this.#matching = matching
    this.#amending = new Amending(book, checks, this.#entry)
    this.#cancelling = new Cancelling(book)
    this.#phases = new Phases(book, new Auction(book))
    this.#recordAccount = (account, state, previous, cause, equity) => {
      book.out.accountState(account, state, previous, cause, equity)
    }
    setGate(book)
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

  /** The same over everything the market is. */
  stateDigest(): string {
    const bytes = this.snapshot()
    return Buffer.from(bytes.subarray(bytes.length - Digest.bytes)).toString('hex')
  }

  /** Everything the market is, for {@link restore}. */
  snapshot(): Uint8Array {
    return this.copy().finish()
  }

  /** The same without waiting for its digest, which takes most of the time: the market may go on before it is finished. */
  copy(): SnapshotCopy {
    return copyOf(this.#book, this.#digest)
  }

  /** The market of a snapshot: it goes on like the one that made it. Throws `RangeError` for what is none. */
  static restore(bytes: Uint8Array): Engine {
    const { config, parts } = readSnapshot(bytes)
    const engine = new Engine(config)
    fill(engine.#book, engine.#digest, parts)
    setGate(engine.#book)
    return engine
  }

  get config(): MarketConfig {
    return this.#book.config
  }

  /** Of {@link phase} in `layout.ts`. */
  get phase(): number {
    return this.#book.state.phase
  }

  /** `noPrice` before the first trade. */
  get lastPrice(): number {
    return this.#book.state.lastPrice
  }

  get referencePrice(): number {
    return this.#book.state.referencePrice
  }

  /** Of {@link limitState} in `layout.ts`. */
  get limitState(): number {
    return this.#book.state.limitState
  }

  /** Time of the last command, in microseconds. */
  get timeUs(): number {
    return this.#book.state.timeUs
  }

  /** `noPrice` if there is no bid. */
  bestBid(): number {
    return this.#book.bestPrice(this.#book.bids)
  }

  bestAsk(): number {
    return this.#book.bestPrice(this.#book.asks)
  }

  /** What rests at a price. Throws `RangeError` if the price is out of the bounds. */
  level(ofSide: number, price: number): Level {
    if (!this.#book.isWithinBounds(price)) throw new RangeError(`no price of this market: ${price}`)
    return levelOf(this.#book, this.#levels(ofSide), price)
  }

  /** The best levels of a side, from the best. */
  bids(depth: number): Level[] {
    return levelsOf(this.#book, this.#book.bids, depth)
  }

  asks(depth: number): Level[] {
    return levelsOf(this.#book, this.#book.asks, depth)
  }

  /** Visits the resting orders of a side in the order of priority. Must not apply commands. */
  eachOrder(ofSide: number, visit: OrderVisit): void {
    visitOrders(this.#book, this.#levels(ofSide), visit)
  }

  /** What risk knows of an account; `undefined` without risk. Throws `RangeError` if there can be no such account. */
  position(account: number): Position | undefined {
    if (!(account >= 1 && account <= this.config.accounts)) throw new RangeError(`no account ${account}`)
    return this.#book.risk?.position(account)
  }

  apply(commands: Int32Array, offset: number): number {
    const type = commands[offset + command.type] as number
    if (type === commandType.enter) {
      const count = this.#plainEntry.enter(commands, offset)
      if (count > 0) return count
      if (count === meets) return this.#trade(commands, offset)
    } else if (type === commandType.cancel) {
      const count = this.#plainCancel.cancel(commands, offset)
      if (count > 0) return count
    }
    return this.#goLongWay(type, commands, offset)
  }

  /** A plain order that was accepted meets the other side. */
  #trade(commands: Int32Array, offset: number): number {
    const book = this.#book
    const { out } = book
    book.begin()
    out.count = 1
    this.#matching.enter(out.slot, true)
    return this.#finish(commands, offset, reason.none, false)
  }

  #goLongWay(type: number, commands: Int32Array, offset: number): number {
    const book = this.#book
    const { state, out } = book
    state.sequence++
    const isTimed = this.#takeTime(commands, offset)
    book.begin()
    book.risk?.setTime(state.timeUs)
    out.begin(type === commandType.enter || type === commandType.amend ? noPrice : 0)
    if (state.timeUs >= book.expiries.earliestUs) this.#expire()
    const previousPhase = state.phase
    const refused = this.#judge(type, commands, offset, isTimed)
    const resumed = previousPhase !== phase.continuous && state.phase === phase.continuous
    return this.#finish(commands, offset, refused, resumed)
  }

  /** What follows from trades and new prices, then the answer. */
  #finish(commands: Int32Array, offset: number, refused: Reason, resumed: boolean): number {
    const book = this.#book
    const { state, out } = book
    if (resumed || book.highest !== noPrice) this.#stops.run(resumed)
    if (state.staticRange !== 0 || state.limitState !== 0) this.#phases.watchLimits()
    book.risk?.changedStates(this.#recordAccount)
    setGate(book)
    out.answer(commands, offset, state, refused)
    this.#digest?.take(commands, offset, out.words, out.count)
    return out.count
  }

  #levels(ofSide: number): Ladder {
    return ofSide === side.sell ? this.#book.asks : this.#book.bids
  }

  /** What is refused of any command, then the command. */
  #judge(type: number, words: Int32Array, from: number, isTimed: boolean): Reason {
    if (type === commandType.enter && isTimed) return this.#entry.enter(words, from)
    if (!this.#isKnown(type)) return reason.unknownCommand
    const { config } = this.#book
    if (!isTimed || !isWellFormed(words, from, config)) return reason.malformed
    const account = words[from + command.account] as number
    if (account < leastAccount(type) || account > config.accounts) return reason.unknownAccount
    return this.#carryOut(type, words, from)
  }

  #carryOut(type: number, words: Int32Array, from: number): Reason {
    switch (type) {
      case commandType.cancel:
        return this.#cancelling.cancel(words, from)
      case commandType.amend:
        return this.#amending.amend(words, from)
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
