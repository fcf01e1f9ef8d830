import type { Book } from './book.ts'
import { postOnlyOf, selfTradeOf, timeInForceOf, typeOf } from './flags.ts'
import * as layout from './layout.ts'
import type { Matching } from './matching.ts'
import type { Reason } from './reasons.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { command, orderRecord, orderType, phase, place, postOnly, recordKind, selfTrade, timeInForce } = layout
const { at, slotShift } = slots
const { reason } = reasons
const { none, requested } = reason
const { continuous } = phase

const knownFlags = 0x3fff
const isShort = 1 << 13
const mostEntries = 0x7fff_ffff

/** Returned for a command that has to go the long way; nothing has changed then. */
export const notPlain = -1

/** By flags: 1 for limit orders, day or good till cancelled, without display, minimum and the like; 2 if immediate. */
const rests = 1
const immediate = 2
const forms = Uint8Array.from({ length: knownFlags + 1 }, (_, flags) => formOf(flags))

function formOf(flags: number): number {
  const isPlain =
    typeOf(flags) === orderType.limit &&
    postOnlyOf(flags) === postOnly.no &&
    selfTradeOf(flags) <= selfTrade.decrement &&
    ((flags & isShort) === 0 || (flags & 1) === 1)
  if (!isPlain) return 0
  const time = timeInForceOf(flags)
  if (time === timeInForce.day || time === timeInForce.goodTillCancelled) return rests
  return time === timeInForce.immediate ? immediate : 0
}

/**
 * The short way of what nearly all commands are: plain limit orders in the continuous phase, and their cancelling. It does
 * what {@link Entry} and {@link Cancelling} do, in one go over the same arrays, since each call in between costs as much as
 * the work in it. What is not plain, or would be refused for its form, it leaves to them.
 */
export class Plain {
  readonly #book: Book
  readonly #matching: Matching

  constructor(book: Book, matching: Matching) {
    this.#book = book
    this.#matching = matching
  }

  /** Carries out `cancel` of an order of the book by its number and slot: whether that could be done here. */
  cancel(commands: Int32Array, from: number): boolean {
    const book = this.#book
    const { config, orders, out, risk } = book
    const session = commands[from + command.session] as number
    const account = commands[from + command.account] as number
    const order = commands[from + command.order] as number
    const slot = commands[from + command.slot] as number
    if (session < 0 || session > config.sessions || account < 0 || account > config.accounts) return false
    if (!orders.has(order, slot)) return false
    const { words } = orders
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    const owner = words[word + at.account] as number
    if ((account !== owner && account !== 0) || flags > knownFlags || forms[flags] !== rests) return false
    const price = words[word + at.price] as number
    const leaves = words[word + at.leaves] as number
    const displayed = words[word + at.displayed] as number
    out.order = order
    out.slot = slot
    out.quantity = leaves
    const record = out.next()
    const to = out.words
    to[record] = recordKind.removed
    to[record + orderRecord.order] = order
    to[record + orderRecord.slot] = slot
    to[record + orderRecord.account] = owner
    to[record + orderRecord.flags] = flags
    to[record + orderRecord.price] = price
    to[record + orderRecord.leaves] = leaves
    to[record + orderRecord.displayed] = displayed
    to[record + orderRecord.session] = words[word + at.session] as number
    to[record + orderRecord.reason] = requested
    to[record + orderRecord.place] = place.book
    to[record + orderRecord.stop] = 0
    to[record + orderRecord.reducedBy] = 0
    to[record + 13] = 0
    to[record + 14] = 0
    to[record + 15] = 0
    const levels = (flags & 1) === 1 ? book.asks : book.bids
    levels.remove(levels.indexOf(price), slot)
    words[word + at.displayed] = 0
    if (risk !== undefined) {
      risk.left(owner, flags, leaves, words[word + at.valuation] as number)
      risk.ended(owner)
    }
    orders.unlink(slot)
    orders.release(slot)
    return true
  }

  /** Carries out `enter`: its reason, or {@link notPlain}. */
  enter(commands: Int32Array, from: number): Reason | typeof notPlain {
    const book = this.#book
    const { config, orders, risk, state } = book
    const flags = commands[from + command.flags] as number
    const session = commands[from + command.session] as number
    const account = commands[from + command.account] as number
    const price = commands[from + command.price] as number
    const quantity = commands[from + command.quantity] as number
    const optional =
      (commands[from + command.display] as number) |
      (commands[from + command.stop] as number) |
      (commands[from + command.expiry] as number) |
      (commands[from + command.minimum] as number)
    if (optional !== 0 || (flags & ~knownFlags) !== 0 || forms[flags] === 0) return notPlain
    if (session < 0 || session > config.sessions || account < 1 || account > config.accounts) return notPlain
    if (quantity < 1 || quantity > state.largestOrder) return notPlain
    if (price < config.lowestPrice || price > config.highestPrice) return notPlain
    if (state.phase !== continuous || (state.killed | (state.active ^ 1)) !== 0) return notPlain
    if (book.killedAccounts[account] !== 0 || book.killedSessions[session] !== 0) return notPlain
    if (state.priceStep !== 1 && price % state.priceStep !== 0) return notPlain
    if (state.quantityStep !== 1 && quantity % state.quantityStep !== 0) return notPlain
    if (orders.full || state.entries === mostEntries || book.isOutsideBand(price)) return notPlain

    let valuation = 0
    if (risk !== undefined) {
      const low = commands[from + command.clientLow] as number
      const high = commands[from + command.clientHigh] as number
      valuation = risk.valuation(flags, price, price)
      const refused = risk.enterPlain(account, flags, price, valuation, quantity, low, high)
      if (refused !== none) return refused
      if ((low | high) !== 0) risk.remember(account, low, high, state.entries + 1, orders.next)
    }

    const slot = orders.take()
    const order = ++state.entries
    const { words } = orders
    const word = slot << slotShift
    words[word + at.order] = order
    words[word + at.account] = account
    words[word + at.session] = session
    words[word + at.flags] = flags
    words[word + at.price] = price
    words[word + at.leaves] = quantity
    words[word + at.displayed] = 0
    words[word + at.display] = 0
    words[word + at.executed] = 0
    words[word + at.valuation] = valuation
    orders.link(slot)
    const { out } = book
    out.order = order
    out.slot = slot
    out.price = price
    out.quantity = quantity

    const sell = flags & 1
    const opposite = sell === 1 ? book.bids : book.asks
    if (opposite.best <= opposite.indexOf(price) || forms[flags] !== rests) {
      this.#matching.enter(slot)
      return none
    }
    words[word + at.displayed] = quantity
    const levels = sell === 1 ? book.asks : book.bids
    levels.append(levels.indexOf(price), slot)
    out.rested(order, slot, account, flags, price, quantity, session)
    return none
  }
}
