import type { Book } from './book.ts'
import { isSell, postOnlyOf, timeInForceOf, typeOf } from './flags.ts'
import * as layout from './layout.ts'
import type { Matching } from './matching.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import type { Risk } from './risk/risk.ts'

const { command, noPrice, orderFlags, orderType, phase, postOnly, timeInForce } = layout
const { reason } = reasons

const { limit, market, stopLimit, trailingStop } = orderType
const { immediate, fillOrKill } = timeInForce

/** Phases in which orders are collected and nothing trades, and in which orders are taken at all, as bits. */
const collecting =
  (1 << phase.preOpen) |
  (1 << phase.openingAuction) |
  (1 << phase.volatilityAuction) |
  (1 << phase.closingAuction)
/** Flags of orders that regard the other side before they enter: fill or kill, and post-only. */
const regards = (fillOrKill << orderFlags.timeInForce.shift) | (3 << orderFlags.postOnly.shift)
const open = collecting | (1 << phase.continuous)

export function isCollecting(now: number): boolean {
  return ((1 << now) & collecting) !== 0
}

/**
 * Whether an order may enter, in the order of the reasons' numbers from `killed` on. Commands and amended orders are checked
 * alike; what is found on the way is kept for whoever enters the order then.
 */
export class Checks {
  /** The price that counts: repriced, or how far a market order goes. */
  price = 0
  /** The stop price; of a trailing stop its first one. */
  stop = 0
  /** What risk values the order at. */
  valuation = 0
  readonly #book: Book
  readonly #matching: Matching

  constructor(book: Book, matching: Matching) {
    this.#book = book
    this.#matching = matching
  }

  /**
   * @param words of a command that enters an order, well formed
   * @param quantity lots that would be open
   * @param duplicate `duplicateClientId` if its client id was used
   */
  refusal(words: Int32Array, from: number, quantity: number, duplicate: Reason, amended: boolean): Reason {
    const account = words[from + command.account] as number
    const flags = words[from + command.flags] as number
    const price = words[from + command.price] as number
    const { risk } = this.#book
    this.price = price
    this.stop = words[from + command.stop] as number
    const early = this.#access(account, words[from + command.session] as number, flags, risk)
    if (early !== reason.none) return early
    const formal = this.#figures(words, from, flags, price)
    if (formal !== reason.none) return formal
    if (risk !== undefined || typeOf(flags) !== limit) {
      const reach = this.#reach(account, flags, risk)
      if (reach !== reason.none) return reach
    }
    if (risk !== undefined) {
      if (duplicate !== reason.none) return duplicate
      const { timeUs } = this.#book.state
      this.valuation = this.#value(risk, flags)
      const refused = risk.check(account, flags, price, this.valuation, quantity, timeUs, amended)
      if (refused !== reason.none) return refused
    }
    const minimum = words[from + command.minimum] as number
    return minimum === 0 && (flags & regards) === 0
      ? reason.none
      : this.#meeting(flags, account, quantity, minimum)
  }

  /** Kill switches, suspension, permission, phase. */
  #access(account: number, session: number, flags: number, risk: Risk | undefined): Reason {
    const { state, orders } = this.#book
    if (state.killed !== 0) return reason.killed
    if (orders.isAccountKilled(account)) return reason.accountKilled
    if (orders.isSessionKilled(session)) return reason.sessionKilled
    if (state.active === 0) return reason.suspended
    const admitted = risk === undefined ? reason.none : risk.admits(account, flags)
    if (admitted !== reason.none) return admitted
    return ((1 << state.phase) & open) === 0 ? reason.phase : reason.none
  }

  /** The phase for this kind of order, then prices and quantities. */
  #figures(words: Int32Array, from: number, flags: number, price: number): Reason {
    const { state } = this.#book
    const minimum = words[from + command.minimum] as number
    if (state.phase !== phase.continuous && needsContinuous(flags, minimum)) return reason.phase
    const type = typeOf(flags)
    const stepped =
      (type !== market || price !== noPrice) &&
      (isOff(price, state.priceStep) || isOff(this.stop, state.priceStep))
    if (stepped) return reason.tick
    if (!this.#hasWholeLots(words, from)) return reason.lot
    if (!this.#isWithinBounds(type, flags, price)) return reason.priceBounds
    if ((words[from + command.quantity] as number) > state.largestOrder) return reason.quantityBounds
    if ((type === limit || type === stopLimit) && this.#book.isOutsideBand(price)) return reason.priceBand
    return reason.none
  }

  #hasWholeLots(words: Int32Array, from: number): boolean {
    const { quantityStep } = this.#book.state
    if (quantityStep === 1) return true
    return (
      !isOff(words[from + command.quantity] as number, quantityStep) &&
      !isOff(words[from + command.display] as number, quantityStep) &&
      !isOff(words[from + command.minimum] as number, quantityStep)
    )
  }

  /** Sets the first stop of a trailing stop on the way. */
  #isWithinBounds(type: number, flags: number, price: number): boolean {
    const book = this.#book
    if (type === limit) return book.isWithinBounds(price)
    if (type === market) return price === noPrice || book.isWithinBounds(price)
    if (type !== trailingStop) return book.isWithinBounds(price) && book.isWithinBounds(this.stop)
    const base = this.#trailingBase()
    // told later, as noReference
    if (base === noPrice) return true
    this.stop = isSell(flags) ? base - this.stop : base + this.stop
    return book.isWithinBounds(this.stop)
  }

  #trailingBase(): number {
    const { lastPrice, referencePrice } = this.#book.state
    return lastPrice === noPrice ? referencePrice : lastPrice
  }

  /** Limits and reference of the account, then how far a market order may go. */
  #reach(account: number, flags: number, risk: Risk | undefined): Reason {
    const ready = risk === undefined ? reason.none : risk.ready(account)
    if (ready !== reason.none) return ready
    const type = typeOf(flags)
    if (type === trailingStop && this.#trailingBase() === noPrice) return reason.noReference
    if (type !== market) return reason.none
    const price = this.price === noPrice ? this.#outermost(flags) : this.price
    if (price === noPrice) return reason.noLiquidity
    this.price = risk === undefined ? price : risk.collared(account, flags & 1, price)
    return reason.none
  }

  /** How far a market order without a price may go; `noPrice` if nothing says so. */
  #outermost(flags: number): number {
    const book = this.#book
    const { phase: now, protection, referencePrice, staticRange } = book.state
    const outwards = isSell(flags) ? -1 : 1
    if (now !== phase.continuous) {
      if (staticRange === 0 || referencePrice === noPrice) return noPrice
      return book.clamp(referencePrice + outwards * staticRange)
    }
    const best = book.bestPrice(book.opposite(flags))
    if (best === noPrice) return noPrice
    if (protection !== 0) return book.clamp(best + outwards * protection)
    return isSell(flags) ? book.config.lowestPrice : book.config.highestPrice
  }

  #value(risk: Risk, flags: number): number {
    if (typeOf(flags) !== trailingStop) return risk.valuation(flags, this.price, this.price)
    const outwards = isSell(flags) ? -1 : 1
    return risk.valuation(flags, this.price, this.#book.clamp(this.stop + outwards * this.price))
  }

  /** What the other side of the book has to say. */
  #meeting(flags: number, account: number, quantity: number, minimum: number): Reason {
    if (this.#book.state.phase !== phase.continuous) return reason.none
    if (postOnlyOf(flags) !== postOnly.no && !this.#stays(flags)) return reason.wouldTrade
    if (timeInForceOf(flags) === fillOrKill) {
      const possible = this.#matching.reachable(account, flags, this.price, quantity)
      return possible < quantity ? reason.notFillable : reason.none
    }
    if (minimum === 0) return reason.none
    return this.#matching.reachable(account, flags, this.price, minimum) < minimum
      ? reason.minimumNotMet
      : reason.none
  }

  /** Whether a post-only order would not trade, if need be at another price. */
  #stays(flags: number): boolean {
    const book = this.#book
    const best = book.bestPrice(book.opposite(flags))
    if (best === noPrice || (isSell(flags) ? this.price > best : this.price < best)) return true
    if (postOnlyOf(flags) === postOnly.reject) return false
    this.price = isSell(flags) ? best + book.state.priceStep : best - book.state.priceStep
    if (book.risk !== undefined) this.valuation = this.#value(book.risk, flags)
    return book.isWithinBounds(this.price) && !book.isOutsideBand(this.price)
  }
}

/** Orders that must trade at once, or nothing; a market order can wait for an auction instead. */
function needsContinuous(flags: number, minimum: number): boolean {
  const time = timeInForceOf(flags)
  return minimum !== 0 || time === fillOrKill || (time === immediate && typeOf(flags) === limit)
}

function isOff(number: number, step: number): boolean {
  return step !== 1 && number % step !== 0
}
