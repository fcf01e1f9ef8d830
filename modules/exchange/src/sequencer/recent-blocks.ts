import type { Visit } from '../follower/replay.ts'
import { type Block, type BlockMemory, eachCommand } from './blocks.ts'

/** Words of the ring at least: a few of the largest blocks, however little is to be shown again. */
const leastWords = 1 << 20
/** What takes a larger share of the ring gets memory of its own. */
const largestShare = 1 / 8

/**
 * The newest blocks, for those who missed something, and the memory that they lie in. It is used again from the
 * beginning once it is full: hundreds of megabytes a second that the runtime would have to look through, with pauses of
 * tens of milliseconds, never become garbage.
 */
export class RecentBlocks implements BlockMemory {
  readonly #mostWords: number
  readonly #ring: Int32Array
  /** Words that were taken from the first day on, those that were left out at the end of the ring included. */
  #taken = 0
  #blocks: { readonly block: Block; readonly from: number }[] = []
  #first = 0
  /** Where the next block begins at the earliest. */
  #from = 0

  /** @param mostWords how far back blocks are kept to be shown again */
  constructor(mostWords: number) {
    this.#mostWords = mostWords
    this.#ring = new Int32Array(Math.max(mostWords, leastWords))
  }

  /**
   * Words for the next block, with anything in them. They stay until they lie further back than what the ring holds;
   * blocks that would be overwritten are forgotten.
   */
  take(count: number): Int32Array {
    const { length } = this.#ring
    if (count > length * largestShare) {
      this.#taken += count
      this.#forget()
      return new Int32Array(count)
    }
    const at = this.#taken % length
    const from = at + count > length ? 0 : at
    this.#taken += count + (from === at ? 0 : length - at)
    this.#forget()
    return this.#ring.subarray(from, from + count)
  }

  /** Keeps a block whose words were taken here, all of them after those of the one before. */
  add(block: Block): void {
    this.#blocks.push({ block, from: this.#from })
    this.#from = this.#taken
    this.#forget()
  }

  /** Shows every command after `after`; false, and nothing is shown, where that is further back than what is kept. */
  since(after: number, visit: Visit): boolean {
    const oldest = this.#blocks[this.#first]
    if (oldest === undefined || oldest.block.firstSeq > after + 1) return false
    for (let i = this.#first; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]?.block
      if (block !== undefined && block.lastSeq > after) eachCommand(block, visit, after)
    }
    return true
  }

  /** The newest block stays, however large. */
  #forget(): void {
    const earliest = this.#taken - this.#mostWords
    while (this.#blocks.length - this.#first > 1 && (this.#blocks[this.#first]?.from ?? 0) < earliest)
      this.#first++
    if (this.#first === 0 || this.#first * 2 < this.#blocks.length) return
    this.#blocks = this.#blocks.slice(this.#first)
    this.#first = 0
  }
}
