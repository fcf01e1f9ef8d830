import type { Book } from './book.ts'
import { isSell, typeOf } from './flags.ts'
import * as layout from './layout.ts'
import type { Matching } from './matching.ts'
import * as slots from './slot.ts'

const { noPrice, orderType, phase, recordKind } = layout
const { aside, asideShift, at, slotShift } = slots

const { trailingStop } = orderType

/** Stops: held until a trade reaches them, then takers like any other. */
export class Stops {
  readonly #book: Book
  readonly #matching: Matching

  constructor(book: Book, matching: Matching) {
    this.#book = book
    this.#matching = matching
  }

  /**
   * An entered stop is held, unless the last price triggers it already.
   *
   * @param isNew not among the orders of its account and session yet
   */
  enter(slot: number, isNew: boolean): void {
    const book = this.#book
    const { lastPrice, phase: now } = book.state
    const sell = isSell(book.orders.words[(slot << slotShift) + at.flags] as number)
    const stop = book.orders.stop(slot)
    if (now === phase.continuous && lastPrice !== noPrice && (sell ? lastPrice <= stop : lastPrice >= stop)) {
      this.#trigger(slot, isNew)
    } else {
      if (isNew) book.orders.link(slot)
      book.hold(slot)
      book.out.became(recordKind.held, slot)
    }
  }

  /**
   * Triggers what the highest and lowest price of this command reach, one by one, as long as trading goes on.
   *
   * @param alsoLast as if there had been a trade at the last price
   */
  run(alsoLast: boolean): void {
    const book = this.#book
    const traded = book.highest !== noPrice
    const { lastPrice } = book.state
    let next = this.#next(alsoLast ? lastPrice : noPrice)
    while (next !== 0) {
      book.release(next)
      this.#trigger(next, false)
      next = this.#next(alsoLast ? lastPrice : noPrice)
    }
    if ((traded || book.highest !== noPrice) && !book.trailing.isEmpty) {
      this.#trail(false)
      this.#trail(true)
    }
  }

  /** The stop to be triggered next: buys from the lowest, then sells from the highest; 0 for none. */
  #next(also: number): number {
    const book = this.#book
    if (book.state.phase !== phase.continuous) return 0
    const { buyStops, sellStops } = book
    if (!buyStops.isEmpty) {
      const price = buyStops.priceOf(buyStops.best)
      if (price <= book.highest || (also !== noPrice && price <= also)) return buyStops.first(buyStops.best)
    }
    if (!sellStops.isEmpty) {
      const price = sellStops.priceOf(sellStops.best)
      if (price >= book.lowest || (also !== noPrice && price >= also)) return sellStops.first(sellStops.best)
    }
    return 0
  }

  #trigger(slot: number, isNew: boolean): void {
    const book = this.#book
    const { words } = book.orders
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    if (typeOf(flags) === trailingStop) {
      const offset = words[word + at.price] as number
      const stop = book.orders.stop(slot)
      words[word + at.price] = book.clamp(isSell(flags) ? stop - offset : stop + offset)
    }
    book.out.became(recordKind.triggered, slot)
    this.#matching.enter(slot, isNew)
  }

  /** Moves the trailing stops of a side after the last price; those that move come last at their new price. */
  #trail(sell: boolean): void {
    const { trailing, state } = this.#book
    const { lastPrice } = state
    if (!trailing.mayMove(sell, lastPrice)) return
    for (let slot = trailing.first(sell); slot !== 0; slot = trailing.next(slot)) {
      this.#follow(slot, sell, lastPrice)
    }
    trailing.moved(sell, lastPrice)
  }

  #follow(slot: number, sell: boolean, lastPrice: number): void {
    const book = this.#book
    const before = book.orders.stop(slot)
    const distance = book.trailing.distance(slot)
    const after = book.clamp(
      sell ? Math.max(before, lastPrice - distance) : Math.min(before, lastPrice + distance),
    )
    if (after === before) return
    const levels = sell ? book.sellStops : book.buyStops
    levels.remove(levels.indexOf(before), slot)
    book.orders.aside[(slot << asideShift) + aside.stop] = after
    levels.append(levels.indexOf(after), slot)
  }
}
