import * as slots from '../slot.ts'

const { within } = slots

const quantity = 0
const price = 1
const next = 2
const lotWords = 3

/**
 * What was bought (or sold short) by price and age, for the result by first in, first out. Lots are links of one pool, by
 * account from the oldest to the newest. Fills in a row at one price are one lot.
 */
export class Lots {
  #pool: Int32Array
  /** Lots ever used at a time, and the last one given back. Lot 0 stands for none. */
  #used = 0
  #free = 0

  /** Oldest and newest lot by account; 0 is none. */
  readonly #ends: Int32Array

  constructor(accounts: number) {
    this.#pool = new Int32Array((accounts + 1) * lotWords)
    this.#ends = new Int32Array(2 * (accounts + 1))
  }

  /** Adds a lot of the position's side behind the newest. */
  add(account: number, lots: number, at: number): void {
    const last = this.#ends[2 * account + 1] as number
    const newest = (last * lotWords) & within
    if (last !== 0 && this.#pool[newest + price] === at) {
      this.#pool[newest + quantity] = (this.#pool[newest + quantity] as number) + lots
      return
    }
    const lot = this.#take()
    const pool = this.#pool
    const word = (lot * lotWords) & within
    pool[word + quantity] = lots
    pool[word + price] = at
    pool[word + next] = 0
    if (last === 0) this.#ends[2 * account] = lot
    else pool[newest + next] = lot
    this.#ends[2 * account + 1] = lot
  }

  /** Takes the oldest lots, which must be there; returns what they were worth when they were opened. */
  close(account: number, lots: number): number {
    const pool = this.#pool
    let rest = lots
    let value = 0
    let lot = this.#ends[2 * account] as number
    while (rest > 0) {
      const word = (lot * lotWords) & within
      const held = pool[word + quantity] as number
      if (rest < held) {
        pool[word + quantity] = held - rest
        value += rest * (pool[word + price] as number)
        break
      }
      value += held * (pool[word + price] as number)
      rest -= held
      lot = this.#release(lot)
    }
    this.#ends[2 * account] = lot
    if (lot === 0) this.#ends[2 * account + 1] = 0
    return value
  }

  /** The lots of an account from the oldest on. */
  of(account: number): { quantity: number; price: number }[] {
    const found: { quantity: number; price: number }[] = []
    let lot = this.#ends[2 * account] as number
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
    const head = new Int32Array(2 + this.#ends.length)
    head.set([this.#used, this.#free])
    head.set(this.#ends, 2)
    return [head, this.#pool]
  }

  restore(head: Int32Array, pool: Int32Array): void {
    this.#used = head[0] ?? 0
    this.#free = head[1] ?? 0
    this.#ends.set(head.subarray(2))
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
