import { find } from './amending.ts'
import type { Book } from './book.ts'
import { isSell, timeInForceOf } from './flags.ts'
import * as layout from './layout.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'
import { eachOfBook, eachOfList } from './walk.ts'

const { command, timeInForce } = layout
const { at, slotShift } = slots
const { reason } = reasons

/** Orders that leave because somebody says so. */
export class Cancelling {
  readonly #book: Book

  constructor(book: Book) {
    this.#book = book
  }

  cancel(words: Int32Array, from: number): Reason {
    const slot = find(this.#book, words, from)
    if (slot === 0) return reason.unknownOrder
    const { out, orders } = this.#book
    out.order = orders.words[(slot << slotShift) + at.order] as number
    out.slot = slot
    out.quantity = orders.words[(slot << slotShift) + at.leaves] as number
    this.#book.remove(slot, reason.requested)
    return reason.none
  }

  massCancel(words: Int32Array, from: number): Reason {
    const sides = words[from + command.flags] as number
    this.#cancelAll(words, from, sides, reason.massCancelled)
    return reason.none
  }

  kill(words: Int32Array, from: number): Reason {
    const flags = words[from + command.flags] as number
    const account = words[from + command.account] as number
    const session = words[from + command.session] as number
    const on = flags & 1
    if (account !== 0) this.#book.orders.killAccount(account, on)
    else if (session !== 0) this.#book.orders.killSession(session, on)
    else this.#book.state.killed = on
    if ((flags & 2) !== 0) this.#cancelAll(words, from, 0, reason.killSwitch)
    return reason.none
  }

  endOfDay(): Reason {
    const book = this.#book
    const { orders, risk } = book
    eachOfBook(book, (slot) => {
      const flags = orders.words[(slot << slotShift) + at.flags] as number
      if (timeInForceOf(flags) === timeInForce.day) this.#remove(slot, reason.endOfDay)
    })
    risk?.endOfDay((order, slot) => orders.has(order, slot))
    return reason.none
  }

  /** @param sides 0 for both, else 1 more than the side */
  #cancelAll(words: Int32Array, from: number, sides: number, why: Reason): void {
    const { orders } = this.#book
    const account = words[from + command.account] as number
    const session = words[from + command.session] as number
    const visit = (slot: number): void => {
      const word = slot << slotShift
      const isOfSide = sides === 0 || isSell(orders.words[word + at.flags] as number) === (sides === 2)
      const isOfSession = session === 0 || orders.words[word + at.session] === session
      if (isOfSide && isOfSession) this.#remove(slot, why)
    }
    if (account !== 0) eachOfList(orders.words, orders.firstOfAccount(account), at.accountNext, visit)
    else if (session !== 0) eachOfList(orders.words, orders.firstOfSession(session), at.sessionNext, visit)
    else eachOfBook(this.#book, visit)
  }

  /** Removes an order and counts it in the answer. */
  #remove(slot: number, why: Reason): void {
    this.#book.remove(slot, why)
    this.#book.out.quantity++
  }
}
