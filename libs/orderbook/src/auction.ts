import { AuctionPrice } from './auction-price.ts'
import type { Book } from './book.ts'
import { typeOf } from './flags.ts'
import * as layout from './layout.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'
import { eachOfLadder } from './walk.ts'

const { noPrice, orderType, recordKind, side } = layout
const { at, slotShift } = slots
const { reason } = reasons

/** Side in a record where there is none. */
const noSide = 2

/** Trades of collected orders, all at one price. */
export class Auction {
  readonly #book: Book

  constructor(book: Book) {
    this.#book = book
  }

  /** @param reference price for the uncross, or `noPrice` to use the market's */
  indicate(reference: number): void {
    this.#tell(recordKind.indicative, this.#priceOf(reference))
  }

  /** Trades what can trade, and removes market orders that did not. */
  uncross(reference: number): void {
    const found = this.#priceOf(reference)
    this.#tell(recordKind.uncrossed, found)
    let rest = found.volume
    while (rest > 0) rest -= this.#tradeFirst(found.price, rest)
    if (found.volume > 0) this.#book.bandBase = found.price
    if (this.#book.state.marketOrders > 0) this.#removeMarketOrders()
  }

  #priceOf(reference: number): AuctionPrice {
    const { bids, asks, state } = this.#book
    const own = state.referencePrice === noPrice ? state.lastPrice : state.referencePrice
    return new AuctionPrice(bids, asks, reference === noPrice ? own : reference)
  }

  #tell(kind: number, found: AuctionPrice): void {
    const { surplus } = found
    const surplusSide = surplus > 0 ? side.buy : surplus < 0 ? side.sell : noSide
    this.#book.out.auction(kind, found.price, found.volume, Math.abs(surplus), surplusSide)
  }

  /** The first bid with the first ask, for at most `most` lots; returns how many. */
  #tradeFirst(price: number, most: number): number {
    const book = this.#book
    const { bids, asks, orders, out, risk } = book
    const bidIndex = bids.best
    const askIndex = asks.best
    const bid = bids.first(bidIndex)
    const ask = asks.first(askIndex)
    const shownBid = orders.words[(bid << slotShift) + at.displayed] as number
    const shownAsk = orders.words[(ask << slotShift) + at.displayed] as number
    const quantity = Math.min(shownBid, shownAsk, most)
    book.execute(bid, quantity)
    book.execute(ask, quantity)
    bids.reduce(bidIndex, quantity, quantity)
    asks.reduce(askIndex, quantity, quantity)
    book.traded(price)
    out.trade(++book.state.trades, price, quantity, bid, ask, noSide)
    if (risk !== undefined) {
      book.filled(risk, bid, quantity, price)
      book.filled(risk, ask, quantity, price)
    }
    book.settle(bids, bidIndex, bid)
    book.settle(asks, askIndex, ask)
    return quantity
  }

  #removeMarketOrders(): void {
    const book = this.#book
    const { words } = book.orders
    for (const levels of [book.bids, book.asks]) {
      eachOfLadder(words, levels, (slot) => {
        const flags = words[(slot << slotShift) + at.flags] as number
        if (typeOf(flags) === orderType.market) book.remove(slot, reason.afterAuction)
      })
    }
  }
}
