import type { Orders } from './orders.ts'
import * as slots from './slot.ts'

const { aside, asideShift, at, slotShift } = slots

/** Orders with an expiry in a binary heap by expiry and then by number; each knows its place, so that it can leave. */
export class Expiries {
  readonly #orders: Orders
  /** Slots from place 1 on. */
  readonly #heap: Int32Array
  #size = 0
  /** Microseconds; infinite if nothing expires. */
  earliestUs = Number.POSITIVE_INFINITY

  constructor(orders: Orders, capacity: number) {
    this.#orders = orders
    this.#heap = new Int32Array(capacity + 1)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** The order that expires first, of which there must be one. */
  get first(): number {
    return this.#heap[1] as number
  }

  add(slot: number): void {
    this.#size++
    this.#rise(this.#size, slot)
    this.#look()
  }

  remove(slot: number): void {
    const place = this.#orders.aside[(slot << asideShift) + aside.heap] as number
    const last = this.#heap[this.#size] as number
    this.#size--
    if (last !== slot) {
      this.#rise(place, last)
      this.#sink(this.#orders.aside[(last << asideShift) + aside.heap] as number, last)
    }
    this.#look()
  }

  /** The slots as they stand in the heap. */
  slots(): Int32Array {
    return this.#heap.slice(1, this.#size + 1)
  }

  restore(slots: Int32Array): void {
    this.#heap.set(slots, 1)
    this.#size = slots.length
    this.#look()
  }

  #look(): void {
    this.earliestUs = this.#size === 0 ? Number.POSITIVE_INFINITY : this.#expiry(this.first) * 1_000_000
  }

  #rise(from: number, slot: number): void {
    let place = from
    while (place > 1) {
      const parent = place >>> 1
      const above = this.#heap[parent] as number
      if (this.#before(above, slot)) break
      this.#put(place, above)
      place = parent
    }
    this.#put(place, slot)
  }

  #sink(from: number, slot: number): void {
    let place = from
    for (;;) {
      let child = 2 * place
      if (child > this.#size) break
      if (child < this.#size && this.#before(this.#heap[child + 1] as number, this.#heap[child] as number))
        child++
      const below = this.#heap[child] as number
      if (this.#before(slot, below)) break
      this.#put(place, below)
      place = child
    }
    this.#put(place, slot)
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot
    this.#orders.aside[(slot << asideShift) + aside.heap] = place
  }

  #before(one: number, other: number): boolean {
    const difference = this.#expiry(one) - this.#expiry(other)
    if (difference !== 0) return difference < 0
    return this.#number(one) < this.#number(other)
  }

  #expiry(slot: number): number {
    return (this.#orders.aside[(slot << asideShift) + aside.expiry] as number) >>> 0
  }

  #number(slot: number): number {
    return this.#orders.words[(slot << slotShift) + at.order] as number
  }
}
