import * as bitmap from './bitmap.ts'
import type { Ladder } from './ladder.ts'
import * as layout from './layout.ts'

const { none } = bitmap
const { noPrice } = layout

/** Where the two sides of a crossed book meet. */
export class AuctionPrice {
  /** `noPrice` if nothing can trade; then there is no volume and no surplus. */
  price: number = noPrice
  volume = 0
  /** Lots left on the side with more: those of the bids if it is above 0, of the asks if below. */
  surplus = 0
  readonly #reference: number
  /** Of the best prices so far: the lowest and highest, the nearest to the reference, and whether all had one side's surplus. */
  #lowest = 0
  #lowestSurplus = 0
  #highest = 0
  #highestSurplus = 0
  #nearest = 0
  #nearestSurplus = 0
  #allBuys = true
  #allSells = true

  /** @param reference price, or `noPrice` */
  constructor(bids: Ladder, asks: Ladder, reference: number) {
    this.#reference = reference
    if (bids.isEmpty || asks.isEmpty) return
    const lowest = asks.priceOf(asks.best)
    const highest = bids.priceOf(bids.best)
    if (lowest > highest) return
    this.#sweep(bids, asks, lowest, highest)
    this.#decide()
  }

  /** Looks at all prices in question from the lowest up: beyond the best prices of the sides nothing trades. */
  #sweep(bids: Ladder, asks: Ladder, lowest: number, highest: number): void {
    const reference = this.#reference
    let demand = 0
    let bid = -1
    for (let index = bids.best; index !== none && bids.priceOf(index) >= lowest; index = bids.after(index)) {
      demand += bids.total(index)
      bid = index
    }
    let supply = 0
    let ask = asks.best
    let price = lowest
    for (;;) {
      if (ask !== none && asks.priceOf(ask) === price) {
        supply += asks.total(ask)
        ask = asks.after(ask)
      }
      this.#consider(price, Math.min(demand, supply), demand - supply)
      if (bid !== -1 && bids.priceOf(bid) === price) {
        demand -= bids.total(bid)
        bid = bids.before(bid)
      }
      const nextAsk = ask === none ? Number.POSITIVE_INFINITY : asks.priceOf(ask)
      const nextBid = bid === -1 ? Number.POSITIVE_INFINITY : bids.priceOf(bid)
      const next = Math.min(nextAsk, nextBid, reference > price ? reference : Number.POSITIVE_INFINITY)
      if (next > highest) return
      price = next
    }
  }

  #consider(price: number, volume: number, surplus: number): void {
    const isBetter =
      volume > this.volume || (volume === this.volume && Math.abs(surplus) < Math.abs(this.#lowestSurplus))
    if (isBetter) {
      this.volume = volume
      this.#lowest = price
      this.#lowestSurplus = surplus
      this.#nearest = price
      this.#nearestSurplus = surplus
      this.#allBuys = true
      this.#allSells = true
    } else if (volume < this.volume || Math.abs(surplus) > Math.abs(this.#lowestSurplus)) {
      return
    }
    this.#highest = price
    this.#highestSurplus = surplus
    if (surplus <= 0) this.#allBuys = false
    if (surplus >= 0) this.#allSells = false
    if (this.#distance(price) < this.#distance(this.#nearest)) {
      this.#nearest = price
      this.#nearestSurplus = surplus
    }
  }

  #distance(price: number): number {
    return this.#reference === noPrice ? price - this.#lowest : Math.abs(price - this.#reference)
  }

  #decide(): void {
    if (this.volume === 0) return
    if (this.#allBuys) {
      this.price = this.#highest
      this.surplus = this.#highestSurplus
    } else if (this.#allSells) {
      this.price = this.#lowest
      this.surplus = this.#lowestSurplus
    } else {
      this.price = this.#nearest
      this.surplus = this.#nearestSurplus
    }
  }
}
