import { words } from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'
import { type Block, type BlockMemory, eachCommand } from './blocks.ts'

/** Words of the ring at least: a few of the largest blocks, however little is to be shown again. */
const leastWords = 1 << 20
/** What takes a larger share of the ring gets memory of its own. */
const largestShare = 1 / 8
/** Blocks that are remembered at most. */
const mostBlocks = 1 << 16

/** Numbers that are kept of a block, at these places. */
const kept = {
  firstSeq: 0,
  lastSeq: 1,
  from: 2,
  commands: 3,
  records: 4,
  recordWords: 5,
  numbers: 6,
} as const

/**
 * The newest blocks, for those who missed something, and the memory that they lie in. It is used again from the beginning
 * once it is full, and of a block only numbers are kept: hundreds of megabytes a second, and what points at them, never
 * become garbage that the runtime would stop everything for.
 */
export class RecentBlocks implements BlockMemory {
  readonly #mostWords: number
  readonly #ring: Int32Array<ArrayBuffer>
  readonly #kept = new Float64Array(mostBlocks * kept.numbers)
  /** Words that were taken from the first day on, those that were left out at the end of the ring included. */
  #taken = 0
  /** Where the next block begins at the earliest, counted as `taken`. */
  #from = 0
  /** Blocks are counted from the first day on; those from `oldest` to before `next` are remembered. */
  #oldest = 0
  #next = 0
  /** Stays, however large. */
  #newest: Block | undefined

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
      this.#taken += length
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
    const { firstSeq, lastSeq, commands, records } = block
    if (this.#next - this.#oldest === mostBlocks) this.#oldest++
    const at = placeOf(this.#next)
    this.#kept[at + kept.firstSeq] = firstSeq
    this.#kept[at + kept.lastSeq] = lastSeq
    this.#kept[at + kept.from] = this.#from
    this.#kept[at + kept.commands] = commands.byteOffset / Int32Array.BYTES_PER_ELEMENT
    this.#kept[at + kept.records] = records.byteOffset / Int32Array.BYTES_PER_ELEMENT
    this.#kept[at + kept.recordWords] = records.length
    this.#next++
    this.#from = this.#taken
    this.#newest = block
    this.#forget()
  }

  /**
   * Shows every command after `after` and up to `until`; false, and nothing is shown, where that is further back than what
   * is kept.
   */
  since(after: number, visit: Visit, until: number): boolean {
    const newest = this.#newest
    if (newest === undefined) return false
    const first = this.#oldest < this.#next ? this.#number(this.#oldest, kept.firstSeq) : newest.firstSeq
    if (Math.min(first, newest.firstSeq) > after + 1) return false
    const last = Math.min(until, newest.firstSeq - 1)
    for (let n = this.#oldest; n < this.#next && this.#number(n, kept.firstSeq) <= last; n++)
      if (this.#number(n, kept.lastSeq) > after) eachCommand(this.#block(n), visit, after, until)
    if (newest.lastSeq > after) eachCommand(newest, visit, after, until)
    return true
  }

  #forget(): void {
    const earliest = this.#taken - this.#mostWords
    while (this.#oldest < this.#next && this.#number(this.#oldest, kept.from) < earliest) this.#oldest++
  }

  #block(n: number): Block {
    const firstSeq = this.#number(n, kept.firstSeq)
    const lastSeq = this.#number(n, kept.lastSeq)
    return {
      firstSeq,
      lastSeq,
      commands: this.#view(this.#number(n, kept.commands), (lastSeq - firstSeq + 1) * words),
      records: this.#view(this.#number(n, kept.records), this.#number(n, kept.recordWords)),
    }
  }

  #view(at: number, length: number): Int32Array {
    return this.#ring.subarray(at, at + length)
  }

  #number(n: number, which: number): number {
    return this.#kept[placeOf(n) + which] as number
  }
}

function placeOf(n: number): number {
  return (n % mostBlocks) * kept.numbers
}
