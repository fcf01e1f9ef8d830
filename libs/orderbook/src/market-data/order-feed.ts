import { answer, recordKind, side, words as width } from '../layout.ts'
import { readWide, word } from '../wide.ts'
import type { BookImage } from './image.ts'
import type { FeedResult } from './level-feed.ts'
import { OrderBook, type PublicOrder } from './order-book.ts'
import { type BookSink, RestingOrders } from './resting-orders.ts'

/** `added` and `requeued`: at the end of its price. `changed`: in its place. Quantities are lots shown. */
export const orderChange = { added: 1, changed: 2, requeued: 3, removed: 4 } as const

export type OrderChange = readonly [
  change: number,
  order: number,
  side: number,
  price: number,
  /** 0 of what was removed. */
  quantity: number,
]

/** What the command `sequence` did to the orders of the book, in order; none between it and `after` did anything. */
export interface OrderUpdate {
  readonly after: number
  readonly sequence: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly changes: readonly OrderChange[]
  /** Checksum of the first orders, as many of each side as the publisher was made for. */
  readonly top: number
  /** Checksum of all orders, now and then. */
  readonly whole?: number
}

export interface OrderSnapshot {
  readonly sequence: number
  /** In priority. */
  readonly bids: readonly PublicOrder[]
  readonly asks: readonly PublicOrder[]
  /** Orders of each side that `top` of updates is about. */
  readonly depth: number
  readonly whole: number
}

export interface OrderOptions {
  /** Orders of each side in the checksum of every update. */
  readonly depth?: number
  /** Every how many updates the checksum of all orders is sent. */
  readonly wholeEvery?: number
}

/** Makes changes of single orders out of records: without accounts, and of icebergs only what is shown. */
export class OrderPublisher {
  readonly #orders: RestingOrders
  readonly #book = new OrderBook()
  readonly #depth: number
  readonly #wholeEvery: number
  #sequence: number
  #published: number
  #updates = 0

  constructor(image: BookImage, { depth = 10, wholeEvery = 1024 }: OrderOptions = {}) {
    this.#orders = new RestingOrders(image.orders)
    this.#depth = depth
    this.#wholeEvery = wholeEvery
    for (const { order, side: of, price, displayed } of image.orders)
      this.#book.added(order, of, price, displayed)
    this.#sequence = image.sequence
    this.#published = image.sequence
  }

  snapshot(): OrderSnapshot {
    return {
      sequence: this.#sequence,
      bids: this.#book.orders(side.buy),
      asks: this.#book.orders(side.sell),
      depth: this.#depth,
      whole: this.#book.checksum(),
    }
  }

  /**
   * Follows one command: its `count` records begin at word `offset`. Returns `undefined` if the book stays as it is.
   * Throws `RangeError` if it is not the next command.
   */
  apply(records: Int32Array, count: number, offset = 0): OrderUpdate | undefined {
    const sequence = readWide(records, offset + answer.sequenceLow, offset + answer.sequenceHigh)
    if (word(records, offset) !== recordKind.answer || sequence !== this.#sequence + 1) {
      throw new RangeError(`records of command ${sequence} do not follow command ${this.#sequence}`)
    }
    this.#sequence = sequence
    const noted = new Noted(this.#book)
    for (let from = offset; from < offset + count * width; from += width) {
      this.#orders.apply(records, from, noted)
    }
    if (noted.changes.length === 0) return undefined
    const after = this.#published
    this.#published = sequence
    this.#updates++
    return {
      after,
      sequence,
      time: readWide(records, offset + answer.timeLow, offset + answer.timeHigh),
      changes: noted.changes,
      top: this.#book.checksum(this.#depth),
      ...(this.#updates % this.#wholeEvery === 0 && { whole: this.#book.checksum() }),
    }
  }
}

/** Passes changes on to a book and writes them down. */
class Noted implements BookSink {
  readonly changes: OrderChange[] = []
  readonly #book: OrderBook

  constructor(book: OrderBook) {
    this.#book = book
  }

  added(order: number, ofSide: number, price: number, quantity: number): void {
    this.#note([orderChange.added, order, ofSide, price, quantity])
  }

  changed(order: number, ofSide: number, price: number, _before: number, after: number): void {
    this.#note([orderChange.changed, order, ofSide, price, after])
  }

  requeued(order: number, ofSide: number, price: number, _before: number, after: number): void {
    this.#note([orderChange.requeued, order, ofSide, price, after])
  }

  removed(order: number, ofSide: number, price: number): void {
    this.#note([orderChange.removed, order, ofSide, price, 0])
  }

  #note(change: OrderChange): void {
    carryOut(this.#book, change)
    this.changes.push(change)
  }
}

/** Every order of the book as a consumer keeps it. */
export class OrderFeed {
  readonly #book = new OrderBook()
  readonly #depth: number
  #sequence: number
  #lost: 'gap' | 'mismatch' | undefined

  /** Throws `RangeError` if the snapshot's checksum is not that of its orders. */
  constructor(snapshot: OrderSnapshot) {
    for (const [order, price, quantity] of snapshot.bids) this.#book.added(order, side.buy, price, quantity)
    for (const [order, price, quantity] of snapshot.asks) this.#book.added(order, side.sell, price, quantity)
    if (this.#book.checksum() !== snapshot.whole)
      throw new RangeError('the checksum of the snapshot is wrong')
    this.#depth = snapshot.depth
    this.#sequence = snapshot.sequence
  }

  /** Number of the last command that is in the book. */
  get sequence(): number {
    return this.#sequence
  }

  /** The first `count` from the best price on, each price in the order of priority. */
  bids(count?: number): PublicOrder[] {
    return this.#book.orders(side.buy, count)
  }

  asks(count?: number): PublicOrder[] {
    return this.#book.orders(side.sell, count)
  }

  apply(update: OrderUpdate): FeedResult {
    if (this.#lost !== undefined) return this.#lost
    if (update.sequence <= this.#sequence) return 'old'
    if (update.after > this.#sequence) return this.#lose('gap')
    try {
      for (const change of update.changes) carryOut(this.#book, change)
    } catch (error) {
      if (error instanceof RangeError) return this.#lose('mismatch')
      throw error
    }
    this.#sequence = update.sequence
    return this.#fits(update) ? 'applied' : this.#lose('mismatch')
  }

  #fits({ top, whole }: OrderUpdate): boolean {
    return (
      this.#book.checksum(this.#depth) === top && (whole === undefined || this.#book.checksum() === whole)
    )
  }

  #lose(why: 'gap' | 'mismatch'): FeedResult {
    this.#lost = why
    return why
  }
}

function carryOut(book: OrderBook, [change, order, ofSide, price, quantity]: OrderChange): void {
  switch (change) {
    case orderChange.added:
      book.added(order, ofSide, price, quantity)
      break
    case orderChange.changed:
      book.changed(order, ofSide, price, quantity, quantity)
      break
    case orderChange.requeued:
      book.requeued(order, ofSide, price, quantity, quantity)
      break
    case orderChange.removed:
      book.removed(order, ofSide, price)
      break
    default:
      throw new RangeError(`no change of an order: ${change}`)
  }
}
