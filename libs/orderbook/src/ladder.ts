import * as bitmap from './bitmap.ts'
import { Bitmap } from './bitmap.ts'
import type { LadderMemory } from './memory.ts'
import * as memories from './memory.ts'
import * as slots from './slot.ts'

const { none } = bitmap
const { levelShift } = memories
const { at, slotShift } = slots

/**
 * One side's orders by price, each level in the order of arrival. Index 0 is the price that comes first, so that
 * the best level always has the lowest index, and code that uses a ladder need not know its side.
 */
export class Ladder {
  readonly #origin: number
  readonly #direction: number
  readonly #levels: Bitmap
  readonly #words: Int32Array
  /** First and last slot of each level. */
  readonly #ends: Int32Array
  /** Lots displayed of each level: at most 2^22 orders of less than 2^31, below 2^53. */
  readonly #sums: Float64Array
  /** Lots of each level that icebergs do not show. */
  readonly #hidden: Float64Array
  readonly #best: Int32Array

  /**
   * @param words of all slots
   * @param upwards whether lower prices come first
   */
  constructor(
    words: Int32Array,
    memory: LadderMemory,
    lowestPrice: number,
    highestPrice: number,
    upwards: boolean,
  ) {
    const size = highestPrice - lowestPrice + 1
    this.#words = words
    this.#origin = upwards ? lowestPrice : highestPrice
    this.#direction = upwards ? 1 : -1
    this.#levels = new Bitmap(size)
    this.#ends = memory.levels
    this.#sums = memory.sums
    this.#hidden = new Float64Array(size)
    this.#best = memory.best
    this.#best[0] = none
  }

  /** Index of the best level, or {@link none}. */
  get best(): number {
    return this.#best[0] as number
  }

  get isEmpty(): boolean {
    return this.best === none
  }

  /** Of a price within the bounds. */
  indexOf(price: number): number {
    return Math.imul(price - this.#origin, this.#direction)
  }

  priceOf(index: number): number {
    return this.#origin + Math.imul(index, this.#direction)
  }

  /** The oldest order of a level; 0 if it is empty. */
  first(index: number): number {
    return this.#ends[index << levelShift] as number
  }

  /** The level that follows; {@link none} after the last. `index` may be −1. */
  after(index: number): number {
    return this.#levels.after(index)
  }

  /** The level before; −1 before the first. */
  before(index: number): number {
    return this.#levels.before(index)
  }

  displayed(index: number): number {
    return this.#sums[2 * index + 1] as number
  }

  total(index: number): number {
    return this.displayed(index) + (this.#hidden[index] as number)
  }

  append(index: number, slot: number): void {
    const words = this.#words
    const ends = this.#ends
    const word = slot << slotShift
    const level = index << levelShift
    const last = ends[level + 1] as number
    words[word + at.next] = 0
    words[word + at.previous] = last
    ends[level + 1] = slot
    if (last === 0) this.open(index, slot)
    else words[(last << slotShift) + at.next] = slot
    this.reduce(index, -(words[word + at.displayed] as number), -(words[word + at.leaves] as number))
  }

  remove(index: number, slot: number): void {
    const words = this.#words
    const ends = this.#ends
    const word = slot << slotShift
    const level = index << levelShift
    const after = words[word + at.next] as number
    const before = words[word + at.previous] as number
    if (after === 0) ends[level + 1] = before
    else words[(after << slotShift) + at.previous] = before
    if (before === 0) ends[level] = after
    else words[(before << slotShift) + at.next] = after
    this.reduce(index, words[word + at.displayed] as number, words[word + at.leaves] as number)
    if (after === 0 && before === 0) this.close(index)
  }

  /** Makes the level of an order know it again whose slot still says what comes before and after it. */
  rejoin(index: number, slot: number): void {
    const word = slot << slotShift
    if (this.#words[word + at.previous] === 0) this.open(index, slot)
    if (this.#words[word + at.next] === 0) this.#ends[(index << levelShift) + 1] = slot
    this.reduce(
      index,
      -(this.#words[word + at.displayed] as number),
      -(this.#words[word + at.leaves] as number),
    )
  }

  /** Takes lots from the sums of a level. */
  reduce(index: number, displayed: number, leaves: number): void {
    this.#sums[2 * index + 1] = (this.#sums[2 * index + 1] as number) - displayed
    if (displayed !== leaves) this.#hidden[index] = (this.#hidden[index] as number) - leaves + displayed
  }

  /** A level that was empty has its first order. */
  open(index: number, slot: number): void {
    this.#ends[index << levelShift] = slot
    this.#levels.add(index)
    if (index < this.best) this.#best[0] = index
  }

  /** A level has lost its last order. */
  close(index: number): void {
    this.#levels.delete(index)
    if (index === this.best) this.#best[0] = this.#levels.after(index)
  }
}
