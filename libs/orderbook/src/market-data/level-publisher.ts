import { answer, recordKind, trade, words as width } from '../layout.ts'
import { readWide, word } from '../wide.ts'
import type { BookImage } from './image.ts'
import { type Best, LevelBook, type PriceLevel } from './level-book.ts'
import type { LevelChange, LevelSnapshot, LevelUpdate } from './level-update.ts'
import { type MarketView, noTrades, type PublicTrade, type Totals, viewAfter, viewOf } from './market-view.ts'
import { type BookSink, RestingOrders } from './resting-orders.ts'

export interface LevelOptions {
  /** Levels of each side in the checksum of every update. */
  readonly depth?: number
  /** Every how many updates the checksum of all levels is sent. */
  readonly wholeEvery?: number
  /** Of the day so far. */
  readonly totals?: Totals
}

/** Makes price levels, trades and the state of the market out of records. Shows displayed lots only. */
export class LevelPublisher {
  readonly #orders: RestingOrders
  readonly #book: LevelBook
  readonly #touched: Touched
  readonly #depth: number
  readonly #wholeEvery: number
  #view: MarketView
  #best: Best
  #sequence: number
  #time: number
  #published: number
  #updates = 0

  constructor(image: BookImage, { depth = 10, wholeEvery = 64, totals = noTrades }: LevelOptions = {}) {
    this.#orders = new RestingOrders(image.orders)
    this.#book = new LevelBook(depth)
    this.#touched = new Touched(this.#book)
    this.#depth = depth
    this.#wholeEvery = wholeEvery
    for (const { order, side, price, displayed } of image.orders) {
      this.#touched.added(order, side, price, displayed)
    }
    this.#touched.take()
    this.#view = viewOf(image, totals)
    this.#best = this.#book.best()
    this.#sequence = image.sequence
    this.#time = image.time
    this.#published = image.sequence
  }

  /** Number of the last command. */
  get sequence(): number {
    return this.#sequence
  }

  snapshot(): LevelSnapshot {
    return {
      sequence: this.#sequence,
      time: this.#time,
      bids: this.#book.bids(),
      asks: this.#book.asks(),
      market: this.#view,
      depth: this.#depth,
      whole: this.#book.whole(),
    }
  }

  /**
   * Follows one command: its `count` records begin at word `offset`. Returns `undefined` if the public sees nothing of it.
   * Throws `RangeError` if it is not the next command.
   */
  apply(records: Int32Array, count: number, offset = 0): LevelUpdate | undefined {
    this.#take(records, offset)
    const before = this.#view
    const trades: PublicTrade[] = []
    for (let from = offset; from < offset + count * width; from += width) {
      this.#orders.apply(records, from, this.#touched)
      this.#view = viewAfter(this.#view, records, from)
      if (word(records, from) === recordKind.trade) trades.push(publicTrade(records, from, this.#time))
    }
    const levels = this.#touched.take()
    if (levels.length === 0 && trades.length === 0 && this.#view === before) return undefined
    return this.#update(levels, trades, this.#view !== before)
  }

  #take(records: Int32Array, offset: number): void {
    const sequence = readWide(records, offset + answer.sequenceLow, offset + answer.sequenceHigh)
    if (word(records, offset) !== recordKind.answer || sequence !== this.#sequence + 1) {
      throw new RangeError(`records of command ${sequence} do not follow command ${this.#sequence}`)
    }
    this.#sequence = sequence
    this.#time = readWide(records, offset + answer.timeLow, offset + answer.timeHigh)
  }

  #update(levels: LevelChange[], trades: PublicTrade[], viewChanged: boolean): LevelUpdate {
    const after = this.#published
    this.#published = this.#sequence
    this.#updates++
    const best = this.#book.best()
    const bestChanged = !isSame(best.bid, this.#best.bid) || !isSame(best.ask, this.#best.ask)
    this.#best = best
    return {
      after,
      sequence: this.#sequence,
      time: this.#time,
      levels,
      trades,
      ...(viewChanged && { market: this.#view }),
      ...(bestChanged && { best }),
      top: this.#book.top(),
      ...(this.#updates % this.#wholeEvery === 0 && { whole: this.#book.whole() }),
    }
  }
}

function publicTrade(records: Int32Array, from: number, time: number): PublicTrade {
  return [
    word(records, from + trade.number),
    word(records, from + trade.price),
    word(records, from + trade.quantity),
    word(records, from + trade.side),
    time,
  ]
}

function isSame(one: PriceLevel | null, other: PriceLevel | null): boolean {
  if (one === null || other === null) return one === other
  return one.every((value, at) => value === other[at])
}

/** Keeps the levels as orders change, and which of them a command touched. */
class Touched implements BookSink {
  readonly #book: LevelBook
  /** What each was like before, bids and asks. */
  readonly #before: readonly [Map<number, PriceLevel>, Map<number, PriceLevel>] = [new Map(), new Map()]

  constructor(book: LevelBook) {
    this.#book = book
  }

  added(_order: number, ofSide: number, price: number, quantity: number): void {
    this.#move(ofSide, price, quantity, 1)
  }

  changed(_order: number, ofSide: number, price: number, before: number, after: number): void {
    this.#move(ofSide, price, after - before, 0)
  }

  requeued(_order: number, ofSide: number, price: number, before: number, after: number): void {
    this.#move(ofSide, price, after - before, 0)
  }

  removed(_order: number, ofSide: number, price: number, before: number): void {
    this.#move(ofSide, price, -before, -1)
  }

  /** The levels that are not as they were at the last call. */
  take(): LevelChange[] {
    const changes: LevelChange[] = []
    for (const [ofSide, touched] of this.#before.entries()) {
      for (const [price, before] of touched) {
        const [, quantity, orders] = this.#book.get(ofSide, price)
        if (quantity !== before[1] || orders !== before[2]) changes.push([ofSide, price, quantity, orders])
      }
      touched.clear()
    }
    return changes
  }

  #move(ofSide: number, price: number, lots: number, count: number): void {
    const level = this.#book.get(ofSide, price)
    const touched = this.#before[ofSide === 0 ? 0 : 1]
    if (!touched.has(price)) touched.set(price, level)
    this.#book.set(ofSide, [price, level[1] + lots, level[2] + count])
  }
}
