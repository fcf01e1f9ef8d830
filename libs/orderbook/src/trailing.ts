import { isSell } from './flags.ts'
import * as layout from './layout.ts'
import type { Orders } from './orders.ts'
import * as slots from './slot.ts'

const { noPrice } = layout
const { aside, asideShift, at, slotShift } = slots

/**
 * Trailing stops that wait, by side in the order of entry.
 *
 * A stop moves only if the last price is better than its stop less (of sells: plus) its distance. A bound over all of these
 * spares looking at each after every trade.
 */
export class TrailingStops {
  readonly #orders: Orders
  /** First and last by side. */
  readonly #ends = new Int32Array(4)
  /** No buy stop moves unless the last price is below it, no sell stop unless it is above. */
  #buyBound: number = noPrice
  #sellBound = 0x7fff_ffff

  constructor(orders: Orders) {
    this.#orders = orders
  }

  get isEmpty(): boolean {
    return this.#ends[0] === 0 && this.#ends[2] === 0
  }

  /** The oldest of a side; 0 for none. */
  first(sell: boolean): number {
    return this.#ends[sell ? 2 : 0] as number
  }

  next(slot: number): number {
    return this.#orders.words[(slot << slotShift) + at.executed] as number
  }

  distance(slot: number): number {
    return this.#orders.words[(slot << slotShift) + at.display] as number
  }

  /** Whether any stop of the side may move at this last price. */
  mayMove(sell: boolean, price: number): boolean {
    return sell ? price > this.#sellBound : price < this.#buyBound
  }

  /** To be told when each stop of the side was moved to where it is at this last price. */
  moved(sell: boolean, price: number): void {
    if (sell) this.#sellBound = price
    else this.#buyBound = price
  }

  /** The order keeps its place among the others by its number: only an amended one is not the newest. */
  add(slot: number): void {
    const { words, aside: beside } = this.#orders
    const sell = isSell(words[(slot << slotShift) + at.flags] as number)
    const number = words[(slot << slotShift) + at.order] as number
    const end = sell ? 2 : 0
    let before = this.#ends[end + 1] as number
    while (before !== 0 && (words[(before << slotShift) + at.order] as number) > number) {
      before = beside[(before << asideShift) + aside.trailingPrevious] as number
    }
    const after = before === 0 ? (this.#ends[end] as number) : this.next(before)
    this.#join(end, before, slot)
    this.#join(end, slot, after)
    this.#widen(sell, this.#orders.stop(slot), this.distance(slot))
  }

  delete(slot: number): void {
    const end = isSell(this.#orders.words[(slot << slotShift) + at.flags] as number) ? 2 : 0
    const before = this.#orders.aside[(slot << asideShift) + aside.trailingPrevious] as number
    this.#join(end, before, this.next(slot))
    this.#orders.words[(slot << slotShift) + at.executed] = 0
  }

  toNumbers(): number[] {
    return [...this.#ends, this.#buyBound, this.#sellBound]
  }

  restore(numbers: Float64Array): void {
    this.#ends.set(numbers.subarray(0, 4))
    this.#buyBound = numbers[4] ?? noPrice
    this.#sellBound = numbers[5] ?? noPrice
  }

  #join(end: number, before: number, after: number): void {
    if (before === 0) this.#ends[end] = after
    else this.#orders.words[(before << slotShift) + at.executed] = after
    if (after === 0) this.#ends[end + 1] = before
    else this.#orders.aside[(after << asideShift) + aside.trailingPrevious] = before
  }

  #widen(sell: boolean, stop: number, distance: number): void {
    if (sell) this.#sellBound = Math.min(this.#sellBound, stop + distance)
    else this.#buyBound = Math.max(this.#buyBound, stop - distance)
  }
}
