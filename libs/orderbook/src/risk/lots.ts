import * as rowLayout from './layout.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { field } = rowLayout

const quantity = 0
const price = 1
const next = 2
const lotWords = 3

/**
 * What was bought (or sold short) by price and age, for the result by first in, first out. Lots are links of one pool; an
 * account's row holds its oldest and newest. Fills in a row at one price are one lot.
 */
export class Lots {
  #pool: Int32Array
  /** Lots ever used at a time, and the last one given back. Lot 0 stands for none. */
  #used = 0
  #free = 0

  constructor(capacity: number) {
    this.#pool = new Int32Array((capacity + 1) * lotWords)
  }

  /** Adds a lot of the position's side behind the newest. */
  add(rows: Float64Array, base: number, lots: number, at: number): void {
    const last = rows[base + field.lastLot] as number
    if (last !== 0 && this.#pool[last * lotWords + price] === at) {
      this.#pool[last * lotWords + quantity] = (this.#pool[last * lotWords + quantity] as number) + lots
      return
    }
    const lot = this.#take()
    const word = lot * lotWords
    this.#pool[word + quantity] = lots
    this.#pool[word + price] = at
    this.#pool[word + next] = 0
    if (last === 0) rows[base + field.firstLot] = lot
    else this.#pool[last * lotWords + next] = lot
    rows[base + field.lastLot] = lot
  }

  /** Takes the oldest lots, which must be there; returns what they were worth when they were opened. */
  close(rows: Float64Array, base: number, lots: number): number {
    let rest = lots
    let value = 0
    let lot = rows[base + field.firstLot] as number
    while (rest > 0) {
      const word = lot * lotWords
      const held = this.#pool[word + quantity] as number
      const taken = Math.min(held, rest)
      value += taken * (this.#pool[word + price] as number)
      rest -= taken
      if (taken < held) {
        this.#pool[word + quantity] = held - taken
        break
      }
      lot = this.#release(lot)
    }
    rows[base + field.firstLot] = lot
    if (lot === 0) rows[base + field.lastLot] = 0
    return value
  }

  /** The lots of an account from the oldest on. */
  of(rows: Float64Array, base: number): { quantity: number; price: number }[] {
    const found: { quantity: number; price: number }[] = []
    let lot = rows[base + field.firstLot] as number
    while (lot !== 0) {
      const word = lot * lotWords
      found.push({
        quantity: this.#pool[word + quantity] as number,
        price: this.#pool[word + price] as number,
      })
      lot = this.#pool[word + next] as number
    }
    return found
  }

  parts(): Int32Array[] {
    return [Int32Array.of(this.#used, this.#free), this.#pool]
  }

  restore(head: Int32Array, pool: Int32Array): void {
    this.#used = head[0] ?? 0
    this.#free = head[1] ?? 0
    this.#pool = pool.slice()
  }

  #take(): number {
    const free = this.#free
    if (free !== 0) {
      this.#free = this.#pool[free * lotWords + next] as number
      return free
    }
    this.#used++
    if ((this.#used + 1) * lotWords > this.#pool.length) this.#grow()
    return this.#used
  }

  /** Gives a lot back; returns the one after it. */
  #release(lot: number): number {
    const after = this.#pool[lot * lotWords + next] as number
    this.#pool[lot * lotWords + next] = this.#free
    this.#free = lot
    return after
  }

  #grow(): void {
    const larger = new Int32Array(this.#pool.length * 2)
    larger.set(this.#pool)
    this.#pool = larger
  }
}
