import { orderRecord, place, prevented, recordKind, side, trade } from '../layout.ts'
import { word } from '../wide.ts'
import type { RestingOrder } from './image.ts'

/** What the public sees of an order in the book. Quantities are displayed lots. */
export interface BookSink {
  /** At the end of its price. */
  added(order: number, ofSide: number, price: number, quantity: number): void
  /** In its place. 0 while an iceberg is used up and not yet shown again. */
  changed(order: number, ofSide: number, price: number, before: number, after: number): void
  /** To the end of its price. */
  requeued(order: number, ofSide: number, price: number, before: number, after: number): void
  removed(order: number, ofSide: number, price: number, before: number): void
}

const bothSides = 2

/** The orders in the book as records tell them: price, side and displayed lots by slot. */
export class RestingOrders {
  /** 0 where there is none. */
  #orders = new Int32Array(1024)
  #sides = new Uint8Array(1024)
  #prices = new Int32Array(1024)
  #displayed = new Int32Array(1024)

  constructor(orders: readonly RestingOrder[]) {
    for (const { slot, order, side: of, price, displayed } of orders)
      this.#put(slot, order, of, price, displayed)
  }

  /** Follows the record whose words begin at `from` and tells what changed in the book. */
  apply(records: Int32Array, from: number, sink: BookSink): void {
    switch (word(records, from)) {
      case recordKind.trade:
        this.#executed(records, from, trade.makerOrder, trade.makerLeaves, trade.makerDisplayed, sink)
        if (word(records, from + trade.side) === bothSides) {
          this.#executed(records, from, trade.takerOrder, trade.takerLeaves, trade.takerDisplayed, sink)
        }
        break
      case recordKind.prevented:
        this.#executed(
          records,
          from,
          prevented.makerOrder,
          prevented.makerLeaves,
          prevented.makerDisplayed,
          sink,
        )
        break
      case recordKind.rested:
        this.#rested(records, from, sink)
        break
      case recordKind.refreshed:
        this.#refreshed(records, from, sink)
        break
      case recordKind.reduced:
        this.#reduced(records, from, sink)
        break
      case recordKind.removed:
        if (word(records, from + orderRecord.place) === place.book) this.#removed(records, from, sink)
        break
    }
  }

  /** An order lost lots to a trade or instead of one. Its slot is told beside its number. */
  #executed(
    records: Int32Array,
    from: number,
    at: number,
    leavesAt: number,
    shownAt: number,
    sink: BookSink,
  ): void {
    const order = word(records, from + at)
    const slot = this.#known(order, word(records, from + at + 1))
    const of = word(this.#sides, slot)
    const price = word(this.#prices, slot)
    const before = word(this.#displayed, slot)
    if (word(records, from + leavesAt) === 0) {
      this.#orders[slot] = 0
      sink.removed(order, of, price, before)
      return
    }
    const after = word(records, from + shownAt)
    this.#displayed[slot] = after
    sink.changed(order, of, price, before, after)
  }

  #rested(records: Int32Array, from: number, sink: BookSink): void {
    const order = word(records, from + orderRecord.order)
    const of = (word(records, from + orderRecord.flags) & 1) === 0 ? side.buy : side.sell
    const price = word(records, from + orderRecord.price)
    const displayed = word(records, from + orderRecord.displayed)
    this.#put(word(records, from + orderRecord.slot), order, of, price, displayed)
    sink.added(order, of, price, displayed)
  }

  #refreshed(records: Int32Array, from: number, sink: BookSink): void {
    const order = word(records, from + orderRecord.order)
    const slot = this.#known(order, word(records, from + orderRecord.slot))
    const before = word(this.#displayed, slot)
    const after = word(records, from + orderRecord.displayed)
    this.#displayed[slot] = after
    sink.requeued(order, word(this.#sides, slot), word(this.#prices, slot), before, after)
  }

  #reduced(records: Int32Array, from: number, sink: BookSink): void {
    const order = word(records, from + orderRecord.order)
    const slot = word(records, from + orderRecord.slot)
    // stops are reduced, too, and are not in the book
    if (this.#orders[slot] !== order) return
    const before = word(this.#displayed, slot)
    const after = word(records, from + orderRecord.displayed)
    this.#displayed[slot] = after
    sink.changed(order, word(this.#sides, slot), word(this.#prices, slot), before, after)
  }

  #removed(records: Int32Array, from: number, sink: BookSink): void {
    const order = word(records, from + orderRecord.order)
    const slot = this.#known(order, word(records, from + orderRecord.slot))
    this.#orders[slot] = 0
    sink.removed(order, word(this.#sides, slot), word(this.#prices, slot), word(this.#displayed, slot))
  }

  /** The slot of an order that must be in the book: otherwise records were left out. */
  #known(order: number, slot: number): number {
    if (this.#orders[slot] !== order)
      throw new RangeError(`order ${order} is not in slot ${slot}: records are missing`)
    return slot
  }

  #put(slot: number, order: number, of: number, price: number, displayed: number): void {
    while (slot >= this.#orders.length) this.#grow()
    this.#orders[slot] = order
    this.#sides[slot] = of
    this.#prices[slot] = price
    this.#displayed[slot] = displayed
  }

  #grow(): void {
    const length = 2 * this.#orders.length
    const grown = (words: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(length)
      larger.set(words)
      return larger
    }
    this.#orders = grown(this.#orders)
    this.#prices = grown(this.#prices)
    this.#displayed = grown(this.#displayed)
    const sides = new Uint8Array(length)
    sides.set(this.#sides)
    this.#sides = sides
  }
}
