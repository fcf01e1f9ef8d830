import { crc32 } from 'node:zlib'
import { side } from '../layout.ts'
import { PriceMap } from './price-map.ts'
import type { BookSink } from './resting-orders.ts'

/** An order as the public sees it: number, price and lots shown. */
export type PublicOrder = readonly [order: number, price: number, quantity: number]

/** In the order of priority: a `Map` keeps that in which its keys came. */
interface Queue {
  readonly price: number
  readonly orders: Map<number, number>
}

/** Every order that the book shows, by price and priority. */
export class OrderBook implements BookSink {
  readonly #bids = new PriceMap<Queue>(side.buy)
  readonly #asks = new PriceMap<Queue>(side.sell)

  added(order: number, ofSide: number, price: number, quantity: number): void {
    const levels = this.#side(ofSide)
    const queue = levels.get(price) ?? { price, orders: new Map() }
    if (queue.orders.size === 0) levels.set(price, queue)
    queue.orders.set(order, quantity)
  }

  changed(order: number, ofSide: number, price: number, _before: number, after: number): void {
    this.#queue(order, ofSide, price).set(order, after)
  }

  requeued(order: number, ofSide: number, price: number, _before: number, after: number): void {
    const orders = this.#queue(order, ofSide, price)
    orders.delete(order)
    orders.set(order, after)
  }

  removed(order: number, ofSide: number, price: number): void {
    const orders = this.#queue(order, ofSide, price)
    orders.delete(order)
    if (orders.size === 0) this.#side(ofSide).delete(price)
  }

  /** The first `count` orders of a side, from the best price on, each price in the order of priority. */
  orders(ofSide: number, count = Number.POSITIVE_INFINITY): PublicOrder[] {
    const found: PublicOrder[] = []
    for (const { price, orders } of this.#side(ofSide).fromBest()) {
      for (const [order, quantity] of orders) {
        if (found.length >= count) return found
        found.push([order, price, quantity])
      }
    }
    return found
  }

  /**
   * CRC-32 (that of zlib and PNG) of the ASCII text of the orders: each `order:price:quantity`, a comma between orders, the bids, a
   * `|`, the asks; of the first `count` orders of each side, or of all.
   */
  checksum(count?: number): number {
    return crc32(`${textOf(this.orders(side.buy, count))}|${textOf(this.orders(side.sell, count))}`)
  }

  #side(ofSide: number): PriceMap<Queue> {
    return ofSide === side.buy ? this.#bids : this.#asks
  }

  #queue(order: number, ofSide: number, price: number): Map<number, number> {
    const queue = this.#side(ofSide).get(price)
    if (queue?.orders.has(order) !== true)
      throw new RangeError(`order ${order} is not in the book at ${price}`)
    return queue.orders
  }
}

function textOf(orders: readonly PublicOrder[]): string {
  return orders.map(([order, price, quantity]) => `${order}:${price}:${quantity}`).join(',')
}
