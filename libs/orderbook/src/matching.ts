import type { Book } from './book.ts'
import { isByGroup, selfTradeOf, timeInForceOf, typeOf } from './flags.ts'
import type { Ladder } from './ladder.ts'
import * as layout from './layout.ts'
import * as memories from './memory.ts'
import { detach } from './owners.ts'
import { form, formOf } from './plain-forms.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'

const { noPrice, orderType, phase, phaseCause, place, recordKind, selfTrade, timeInForce, trade } = layout
const { cell, levelShift, ownerShift, slotsAt } = memories
const { at, slotShift, within } = slots
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

  /**
   * An order comes in: it trades, and what is left of it rests or goes.
   *
   * @param isNew not among the orders of its account and session yet
   */
  enter(slot: number, isNew: boolean): void {
    const book = this.#book
    const { words } = book
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    const levels = book.opposite(flags)
    const meets = levels.best <= levels.indexOf(words[word + at.price] as number)
    const breached = meets && this.#match(slot, flags)
    if ((words[word + at.leaves] as number) === 0) {
      book.end(slot, !isNew)
    } else if (canRest(flags)) {
      if (isNew) book.orders.link(slot)
      book.rest(slot)
    } else {
      book.out.removed(slot, breached ? reason.volatility : reason.unfilled, place.incoming)
      book.drop(slot, !isNew)
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
  #match(taker: number, flags: number): boolean {
    const book = this.#book
    const { memory, risk, out } = book
    const { ints, doubles } = memory
    const word = ((taker << slotShift) + slotsAt) & within
    const sell = flags & 1
    const levels = sell === 1 ? book.bids : book.asks
    const levelsAt = memory.bidsAt + (1 - sell) * memory.levelWords
    const best = cell.best + 1 - sell
    const mode = selfTradeOf(flags)
    const account = ints[word + at.account] as number
    const order = ints[word + at.order] as number
    const valuation = ints[word + at.valuation] as number
    this.#setLimits(levels, ints[word + at.price] as number)
    const limit = this.#limit
    const bandFirst = this.#bandFirst
    const bandLast = this.#bandLast
    let leaves = ints[word + at.leaves] as number
    let breached = false
    while (leaves !== 0) {
      const index = ints[best] as number
      if (index > limit) break
      if (index < bandFirst || index > bandLast) {
        this.#breach()
        breached = true
        break
      }
      const level = (levelsAt + (index << levelShift)) & within
      const maker = ints[level] as number
      const ofMaker = ((maker << slotShift) + slotsAt) & within
      const makerAccount = ints[ofMaker + at.account] as number
      if (
        mode !== allow &&
        (makerAccount === account || isByGroup(flags)) &&
        this.#isOwn(maker, account, flags)
      ) {
        this.#prevent(levels, index, maker, taker, mode)
        leaves = ints[word + at.leaves] as number
        continue
      }
      const displayed = ints[ofMaker + at.displayed] as number
      const quantity = leaves < displayed ? leaves : displayed
      const makerLeaves = (ints[ofMaker + at.leaves] as number) - quantity
      const price = ints[ofMaker + at.price] as number
      const sum = (level >> 1) + 1
      const number = ((ints[cell.trades] as number) + 1) | 0
      leaves -= quantity
      ints[cell.trades] = number
      ints[ofMaker + at.leaves] = makerLeaves
      ints[ofMaker + at.displayed] = displayed - quantity
      ints[ofMaker + at.executed] = (ints[ofMaker + at.executed] as number) + quantity
      ints[word + at.leaves] = leaves
      ints[word + at.executed] = (ints[word + at.executed] as number) + quantity
      doubles[sum] = (doubles[sum] as number) - quantity
      book.traded(price)
      const record = out.next() & within
      const to = out.words
      to[record] = recordKind.trade
      to[record + trade.number] = number
      to[record + trade.price] = price
      to[record + trade.quantity] = quantity
      to[record + trade.makerOrder] = ints[ofMaker + at.order] as number
      to[record + trade.makerSlot] = maker
      to[record + trade.makerAccount] = makerAccount
      to[record + trade.makerLeaves] = makerLeaves
      to[record + trade.takerOrder] = order
      to[record + trade.takerSlot] = taker
      to[record + trade.takerAccount] = account
      to[record + trade.takerLeaves] = leaves
      to[record + trade.side] = sell
      to[record + trade.makerDisplayed] = displayed - quantity
      to[record + trade.takerDisplayed] = 0
      to[record + 15] = 0
      if (risk !== undefined) {
        const makerFlags = ints[ofMaker + at.flags] as number
        risk.filled(makerAccount, makerFlags, quantity, price, ints[ofMaker + at.valuation] as number)
        risk.filled(account, flags, quantity, price, valuation)
      }
      if (displayed !== quantity) break
      const makerFlags = ints[ofMaker + at.flags] as number
      if (makerLeaves === 0 && ((formOf[makerFlags] as number) & form.rests) !== 0) {
        this.#leave(levels, index, level, maker)
      } else {
        book.settle(levels, index, maker)
      }
    }
    return breached
  }

  /** The first order of a level is gone, and nothing but its level and the lists of its account and session know it. */
  #leave(levels: Ladder, index: number, level: number, maker: number): void {
    const { memory, risk } = this.#book
    const { ints } = memory
    const word = ((maker << slotShift) + slotsAt) & within
    const account = ints[word + at.account] as number
    const session = ints[word + at.session] as number
    const after = ints[word + at.next] as number
    ints[level] = after
    if (after !== 0) {
      ints[(((after << slotShift) + slotsAt) & within) + at.previous] = 0
    } else {
      ints[level + 1] = 0
      levels.close(index)
    }
    detach(ints, (memory.accountsAt + (account << ownerShift)) & within, word, at.accountNext)
    if (session !== 0)
      detach(ints, (memory.sessionsAt + (session << ownerShift)) & within, word, at.sessionNext)
    ints[word + at.order] = 0
    ints[word + at.next] = ints[cell.free] as number
    ints[cell.free] = maker
    if (risk !== undefined) risk.ended(account)
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
