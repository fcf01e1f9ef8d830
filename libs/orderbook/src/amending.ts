import type { Book } from './book.ts'
import type { Checks } from './checks.ts'
import type { Entry } from './entry.ts'
import { typeOf } from './flags.ts'
import { hasRightStop, showsEnough } from './form.ts'
import * as layout from './layout.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import type { Risk } from './risk/risk.ts'
import * as slots from './slot.ts'

const { command, orderFlags, orderType, place, recordKind, words: width } = layout
const { aside, asideShift, at, enteredFlags, slotShift } = slots
const { reason } = reasons

const typeMask = 7 << orderFlags.type.shift
const { market, trailingStop } = orderType

/** Orders that change: less keeps its place, anything else enters again. */
export class Amending {
  readonly #book: Book
  readonly #checks: Checks
  readonly #entry: Entry
  /** The command that would enter the order as amended. */
  readonly #draft = new Int32Array(width)

  constructor(book: Book, checks: Checks, entry: Entry) {
    this.#book = book
    this.#checks = checks
    this.#entry = entry
  }

  amend(words: Int32Array, from: number): Reason {
    const total = words[from + command.quantity] as number
    const slot = find(this.#book, words, from)
    if (slot === 0) return reason.unknownOrder
    this.#drawUp(words, from, slot)
    if (!this.#isWellFormed(slot)) return reason.malformed
    const executed = this.#executed(slot)
    if (total <= executed) {
      this.#answer(slot, total)
      this.#book.remove(slot, reason.belowExecuted)
      return reason.none
    }
    if (this.#keepsPlace(slot, total - executed)) return this.#reduce(slot, total, total - executed)
    return this.#replace(slot, total, total - executed)
  }

  /** Only a stop that waits has a stop to change; one in the book is like a limit order. */
  #drawUp(words: Int32Array, from: number, slot: number): void {
    const draft = this.#draft
    const order = this.#book.orders.words
    const word = slot << slotShift
    const flags = (order[word + at.flags] as number) & enteredFlags
    const held = this.#isHeld(slot)
    draft[command.account] = order[word + at.account] as number
    draft[command.session] = order[word + at.session] as number
    draft[command.flags] = held || typeOf(flags) === market ? flags : flags & ~typeMask
    draft[command.price] = words[from + command.price] as number
    draft[command.quantity] = words[from + command.quantity] as number
    draft[command.stop] = held ? (words[from + command.stop] as number) : 0
  }

  #isWellFormed(slot: number): boolean {
    const draft = this.#draft
    const flags = draft[command.flags] as number
    if (typeOf(flags) === market) return false
    if (this.#isHeld(slot)) {
      return hasRightStop(flags, draft[command.price] as number, draft[command.stop] as number)
    }
    const display = this.#book.orders.words[(slot << slotShift) + at.display] as number
    return showsEnough(display, draft[command.quantity] as number)
  }

  #isHeld(slot: number): boolean {
    return this.#book.placeOf(slot) === place.stops
  }

  /** A held trailing stop uses the word for its list, and has executed nothing. */
  #executed(slot: number): number {
    return this.#isHeld(slot) ? 0 : (this.#book.orders.words[(slot << slotShift) + at.executed] as number)
  }

  #keepsPlace(slot: number, leaves: number): boolean {
    const { orders } = this.#book
    const word = slot << slotShift
    const open = orders.words[word + at.leaves] as number
    if (open < leaves) return false
    if (this.#draft[command.price] !== orders.words[word + at.price]) return false
    return !this.#isHeld(slot) || this.#draft[command.stop] === this.#enteredStop(slot)
  }

  #enteredStop(slot: number): number {
    const { orders, trailing } = this.#book
    const isTrailing = typeOf(orders.words[(slot << slotShift) + at.flags] as number) === trailingStop
    return isTrailing ? trailing.distance(slot) : orders.stop(slot)
  }

  #reduce(slot: number, total: number, leaves: number): Reason {
    const book = this.#book
    if (total % book.state.quantityStep !== 0) return reason.lot
    const { words } = book.orders
    const word = slot << slotShift
    const by = (words[word + at.leaves] as number) - leaves
    const hidden = book.lose(slot, by)
    const flags = words[word + at.flags] as number
    if (this.#isHeld(slot)) {
      const stops = book.stopsOf(flags)
      stops.reduce(stops.indexOf(book.orders.stop(slot)), 0, by)
    } else {
      const levels = book.sameSide(flags)
      levels.reduce(levels.indexOf(words[word + at.price] as number), hidden, by)
    }
    book.out.orderRecord(recordKind.reduced, slot, 0, 0, by)
    this.#answer(slot, total)
    return reason.none
  }

  #replace(slot: number, total: number, leaves: number): Reason {
    const refused = this.#refusal(slot, leaves)
    if (refused !== reason.none) return refused
    const book = this.#book
    const { words } = book.orders
    const word = slot << slotShift
    const held = this.#isHeld(slot)
    book.out.removed(slot, reason.replaced, book.placeOf(slot))
    book.detach(slot)
    words[word + at.price] = this.#checks.price
    words[word + at.leaves] = leaves
    words[word + at.valuation] = this.#checks.valuation
    if (held) this.#setStop(slot)
    if (book.risk !== undefined) this.#enterRisk(book.risk, slot)
    this.#answer(slot, total)
    if (held) this.#entry.begin(slot, false)
    else this.#entry.meet(slot, false)
    return reason.none
  }

  #setStop(slot: number): void {
    const { orders } = this.#book
    const flags = this.#draft[command.flags] as number
    orders.aside[(slot << asideShift) + aside.stop] = this.#checks.stop
    if (typeOf(flags) === trailingStop) {
      orders.words[(slot << slotShift) + at.display] = this.#draft[command.stop] as number
    }
  }

  /** Risk looks at the order as if the old one were not there. */
  #refusal(slot: number, leaves: number): Reason {
    const book = this.#book
    const { risk } = book
    if (risk === undefined) return this.#checks.refusal(this.#draft, 0, leaves, reason.none, true)
    book.left(risk, slot, book.orders.words[(slot << slotShift) + at.leaves] as number)
    risk.ended(this.#draft[command.account] as number)
    const refused = this.#checks.refusal(this.#draft, 0, leaves, reason.none, true)
    if (refused !== reason.none) this.#enterRisk(risk, slot)
    return refused
  }

  #enterRisk(risk: Risk, slot: number): void {
    const { words } = this.#book.orders
    const word = slot << slotShift
    risk.entered(
      words[word + at.account] as number,
      (words[word + at.flags] as number) & enteredFlags,
      words[word + at.leaves] as number,
      words[word + at.valuation] as number,
    )
  }

  #answer(slot: number, total: number): void {
    const { out, orders } = this.#book
    out.order = orders.words[(slot << slotShift) + at.order] as number
    out.slot = slot
    out.price = orders.words[(slot << slotShift) + at.price] as number
    out.quantity = total
  }
}

/** The slot of the order that an amend or cancel means, and that its account may touch; 0 if there is none. */
export function find(book: Book, words: Int32Array, from: number): number {
  const account = words[from + command.account] as number
  const order = words[from + command.order] as number
  const slot = words[from + command.slot] as number
  if (order === 0) return findByClientId(book, words, from, account)
  if (!book.orders.has(order, slot)) return 0
  return account === 0 || account === book.orders.words[(slot << slotShift) + at.account] ? slot : 0
}

function findByClientId(book: Book, words: Int32Array, from: number, account: number): number {
  const { risk, orders } = book
  if (risk === undefined || account === 0) return 0
  const low = words[from + command.clientLow] as number
  const high = words[from + command.clientHigh] as number
  const slot = risk.find(account, low, high)
  return orders.has(risk.orderOf(account, low, high), slot) ? slot : 0
}
