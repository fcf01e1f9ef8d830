import type { Book } from './book.ts'
import { isByGroup, selfTradeOf, timeInForceOf, typeOf } from './flags.ts'
import type { Ladder } from './ladder.ts'
import * as layout from './layout.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'

const { noPrice, orderType, phase, phaseCause, place, recordKind, selfTrade, timeInForce, trade } = layout
const { at, slotShift } = slots
const { reason } = reasons

const { allow, cancelNewest, cancelOldest, cancelBoth } = selfTrade

/** Price-time priority: what an order does that meets the other side. */
export class Matching {
  readonly #book: Book
  /** Of the present taker: the indices of the other side within its price, and within the dynamic band. */
  #limit = 0
  #bandFirst = 0
  #bandLast = 0

  constructor(book: Book) {
    this.#book = book
  }

  /** An order comes in: it trades, and what is left of it rests or goes. */
  enter(slot: number): void {
    const book = this.#book
    const { words } = book
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    const levels = book.opposite(flags)
    const meets = levels.best <= levels.indexOf(words[word + at.price] as number)
    const breached = meets && this.#match(slot, word, flags)
    if ((words[word + at.leaves] as number) === 0) {
      book.end(slot)
    } else if (canRest(flags)) {
      book.rest(slot)
    } else {
      book.out.removed(slot, breached ? reason.volatility : reason.unfilled, place.incoming)
      book.drop(slot)
    }
  }

  /**
   * How many lots could trade at once; counting ends when there are as many as are `wanted`. Own orders are left out if
   * they would be cancelled; otherwise they end it, and of their level only what is displayed before them counts.
   */
  reachable(account: number, flags: number, price: number, wanted: number): number {
    const levels = this.#book.opposite(flags)
    const mode = selfTradeOf(flags)
    this.#setLimits(levels, price)
    let sum = 0
    for (let index = levels.best; index <= this.#limit && sum < wanted; index = levels.after(index)) {
      if (index < this.#bandFirst || index > this.#bandLast) break
      if (mode === allow) {
        sum += levels.total(index)
      } else if (mode === cancelOldest) {
        sum += this.#othersAt(levels.first(index), account, flags)
      } else {
        const before = this.#displayedBeforeOwn(levels.first(index), account, flags)
        if (before >= 0) return sum + before
        sum += levels.total(index)
      }
    }
    return sum
  }

  /** Lots of a level that belong to others. */
  #othersAt(first: number, account: number, flags: number): number {
    const { words } = this.#book
    let sum = 0
    for (let slot = first; slot !== 0; slot = words[(slot << slotShift) + at.next] as number) {
      if (!this.#isOwn(slot, account, flags)) sum += words[(slot << slotShift) + at.leaves] as number
    }
    return sum
  }

  /** Lots of a level displayed before the first own order; −1 if there is no own order. */
  #displayedBeforeOwn(first: number, account: number, flags: number): number {
    const { words } = this.#book
    let sum = 0
    for (let slot = first; slot !== 0; slot = words[(slot << slotShift) + at.next] as number) {
      if (this.#isOwn(slot, account, flags)) return sum
      sum += words[(slot << slotShift) + at.displayed] as number
    }
    return -1
  }

  /** Trades until the order is done or nothing is within its price. Returns whether the dynamic band ended it. */
  #match(taker: number, word: number, flags: number): boolean {
    const book = this.#book
    const { words, risk, out, state } = book
    const levels = book.opposite(flags)
    const mode = selfTradeOf(flags)
    const account = words[word + at.account] as number
    const order = words[word + at.order] as number
    const valuation = words[word + at.valuation] as number
    this.#setLimits(levels, words[word + at.price] as number)
    const limit = this.#limit
    let leaves = words[word + at.leaves] as number
    while (levels.best <= limit) {
      const index = levels.best
      if (index < this.#bandFirst || index > this.#bandLast) {
        this.#breach()
        return true
      }
      const maker = levels.first(index)
      const ofMaker = maker << slotShift
      const makerAccount = words[ofMaker + at.account] as number
      if (mode !== allow && (makerAccount === account || isByGroup(flags))) {
        if (this.#isOwn(maker, account, flags)) {
          this.#prevent(levels, index, maker, taker, mode)
          leaves = words[word + at.leaves] as number
          if (leaves === 0) return false
          continue
        }
      }
      const displayed = words[ofMaker + at.displayed] as number
      const quantity = leaves < displayed ? leaves : displayed
      const makerLeaves = (words[ofMaker + at.leaves] as number) - quantity
      const price = levels.priceOf(index)
      leaves -= quantity
      words[ofMaker + at.leaves] = makerLeaves
      words[ofMaker + at.displayed] = displayed - quantity
      words[ofMaker + at.executed] = (words[ofMaker + at.executed] as number) + quantity
      words[word + at.leaves] = leaves
      words[word + at.executed] = (words[word + at.executed] as number) + quantity
      levels.reduce(index, quantity, quantity)
      book.traded(price)
      const record = out.next()
      const to = out.words
      to[record] = recordKind.trade
      to[record + trade.number] = ++state.trades
      to[record + trade.price] = price
      to[record + trade.quantity] = quantity
      to[record + trade.makerOrder] = words[ofMaker + at.order] as number
      to[record + trade.makerSlot] = maker
      to[record + trade.makerAccount] = makerAccount
      to[record + trade.makerLeaves] = makerLeaves
      to[record + trade.takerOrder] = order
      to[record + trade.takerSlot] = taker
      to[record + trade.takerAccount] = account
      to[record + trade.takerLeaves] = leaves
      to[record + trade.side] = flags & 1
      to[record + trade.makerDisplayed] = displayed - quantity
      to[record + trade.takerDisplayed] = 0
      to[record + 15] = 0
      if (risk !== undefined) {
        const makerFlags = words[ofMaker + at.flags] as number
        risk.filled(makerAccount, makerFlags, quantity, price, words[ofMaker + at.valuation] as number)
        risk.filled(account, flags, quantity, price, valuation)
      }
      if (displayed === quantity) book.settle(levels, index, maker)
      if (leaves === 0) return false
    }
    return false
  }

  #isOwn(maker: number, account: number, flags: number): boolean {
    const book = this.#book
    const other = book.words[(maker << slotShift) + at.account] as number
    if (other === account) return true
    if (!isByGroup(flags) || book.risk === undefined) return false
    const group = book.risk.group(account)
    return group !== 0 && group === book.risk.group(other)
  }

  /** Instead of a trade of an account with itself, lots of one order or both are taken away. */
  #prevent(levels: Ladder, index: number, maker: number, taker: number, mode: number): void {
    const book = this.#book
    const { words } = book
    const ofMaker = maker << slotShift
    const ofTaker = taker << slotShift
    const makerLeaves = words[ofMaker + at.leaves] as number
    const takerLeaves = words[ofTaker + at.leaves] as number
    const common = makerLeaves < takerLeaves ? makerLeaves : takerLeaves
    const makerLoses =
      mode === cancelNewest ? 0 : mode === cancelOldest || mode === cancelBoth ? makerLeaves : common
    const takerLoses =
      mode === cancelOldest ? 0 : mode === cancelNewest || mode === cancelBoth ? takerLeaves : common
    book.lose(taker, takerLoses)
    const hidden = book.lose(maker, makerLoses)
    levels.reduce(index, hidden, makerLoses)
    book.out.prevented(mode, levels.priceOf(index), maker, taker, makerLoses, takerLoses)
    if (makerLeaves === makerLoses) book.settle(levels, index, maker)
  }

  /** A trade too far from the last price: the market goes into an auction instead. */
  #breach(): void {
    const { state, out } = this.#book
    out.phase(phase.volatilityAuction, state.phase, phaseCause.dynamicBand)
    state.phase = phase.volatilityAuction
  }

  #setLimits(levels: Ladder, price: number): void {
    const { state, bandBase } = this.#book
    this.#limit = levels.indexOf(price)
    this.#bandFirst = 0
    this.#bandLast = 0x4000_0000
    if (state.dynamicRange === 0 || bandBase === noPrice) return
    const middle = levels.indexOf(bandBase)
    this.#bandFirst = middle - state.dynamicRange
    this.#bandLast = middle + state.dynamicRange
  }
}

/** Whether what is left of an order stays in the book. */
function canRest(flags: number): boolean {
  const type = typeOf(flags)
  if (type === orderType.limit) return timeInForceOf(flags) < timeInForce.immediate
  return type === orderType.stopLimit
}
