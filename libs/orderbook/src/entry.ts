import type { Book } from './book.ts'
import type { Checks } from './checks.ts'
import { isStop, timeInForceOf, typeOf } from './flags.ts'
import { isOrder } from './form.ts'
import * as layout from './layout.ts'
import type { Matching } from './matching.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'
import type { Stops } from './stops.ts'

const { command, orderType, phase, timeInForce } = layout
const { aside, asideShift, at, slotShift } = slots
const { reason } = reasons

const mostEntries = 0x7fff_ffff
const { goodTillDate } = timeInForce

/** Orders that enter. */
export class Entry {
  readonly #book: Book
  readonly #matching: Matching
  readonly #stops: Stops
  readonly #checks: Checks

  constructor(book: Book, matching: Matching, stops: Stops, checks: Checks) {
    this.#book = book
    this.#matching = matching
    this.#stops = stops
    this.#checks = checks
  }

  /** Carries out `enter`. */
  enter(words: Int32Array, from: number): Reason {
    const { config, state } = this.#book
    if (!isOrder(words, from, state, config.sessions)) return reason.malformed
    const account = words[from + command.account] as number
    if (account < 1 || account > config.accounts) return reason.unknownAccount
    const refused = this.#refusal(words, from)
    if (refused !== reason.none) return refused
    const slot = this.#accept(words, from)
    this.begin(slot, true)
    return reason.none
  }

  /**
   * An order that is in no level trades, rests or waits as its type and the phase want it.
   *
   * @param isNew not among the orders of its account and session yet
   */
  begin(slot: number, isNew: boolean): void {
    const book = this.#book
    if (isStop(book.orders.words[(slot << slotShift) + at.flags] as number)) this.#stops.enter(slot, isNew)
    else this.meet(slot, isNew)
  }

  /** The same for an order that is no stop, or no more. */
  meet(slot: number, isNew: boolean): void {
    if (this.#book.state.phase === phase.continuous) {
      this.#matching.enter(slot, isNew)
      return
    }
    if (isNew) this.#book.orders.link(slot)
    this.#book.rest(slot)
  }

  #refusal(words: Int32Array, from: number): Reason {
    const { orders, risk, state } = this.#book
    let duplicate: Reason = reason.none
    if (orders.full) return reason.ordersFull
    if (risk !== undefined) {
      const account = words[from + command.account] as number
      duplicate = risk.clientIdReason(
        account,
        words[from + command.clientLow] as number,
        words[from + command.clientHigh] as number,
      )
      if (duplicate === reason.clientIdsFull) return duplicate
    }
    if (state.entries === mostEntries) return reason.entriesExhausted
    return this.#checks.refusal(words, from, words[from + command.quantity] as number, duplicate, false)
  }

  /** Gives the order its number and slot; returns the slot. */
  #accept(words: Int32Array, from: number): number {
    const { orders, state, out, expiries } = this.#book
    const slot = orders.take()
    const order = ++state.entries
    const flags = words[from + command.flags] as number
    const quantity = words[from + command.quantity] as number
    const display = words[from + command.display] as number
    const { price, valuation, stop } = this.#checks
    const word = slot << slotShift
    const slots = orders.words
    slots[word + at.order] = order
    slots[word + at.account] = words[from + command.account] as number
    slots[word + at.session] = words[from + command.session] as number
    slots[word + at.flags] = flags
    slots[word + at.price] = price
    slots[word + at.leaves] = quantity
    slots[word + at.displayed] = 0
    slots[word + at.display] = display < quantity ? display : quantity
    slots[word + at.executed] = 0
    slots[word + at.valuation] = valuation
    if (isStop(flags)) this.#setStop(slot, flags, stop, words[from + command.stop] as number)
    if (timeInForceOf(flags) === goodTillDate) {
      orders.aside[(slot << asideShift) + aside.expiry] = words[from + command.expiry] as number
      expiries.add(slot)
    }
    this.#tellRisk(words, from, slot)
    out.order = order
    out.slot = slot
    out.price = price
    out.quantity = quantity
    return slot
  }

  #setStop(slot: number, flags: number, stop: number, distance: number): void {
    const { orders } = this.#book
    orders.aside[(slot << asideShift) + aside.stop] = stop
    if (typeOf(flags) === orderType.trailingStop) orders.words[(slot << slotShift) + at.display] = distance
  }

  #tellRisk(words: Int32Array, from: number, slot: number): void {
    const { risk, orders } = this.#book
    if (risk === undefined) return
    const word = slot << slotShift
    const account = words[from + command.account] as number
    risk.remember(
      account,
      words[from + command.clientLow] as number,
      words[from + command.clientHigh] as number,
      orders.words[word + at.order] as number,
      slot,
    )
    risk.entered(
      account,
      words[from + command.flags] as number,
      words[from + command.quantity] as number,
      orders.words[word + at.valuation] as number,
    )
  }
}
