import { answer, type Engine, words } from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'

/** Commands that were journalled and carried out together, and what came of them. Never changed once it is there. */
export interface Block {
  readonly firstSeq: number
  readonly lastSeq: number
  /** 16 words each, one command after another. */
  readonly commands: Int32Array
  /** The records of all commands in order; each command's begin with its answer, which says how many they are. */
  readonly records: Int32Array
  /** For each command the word at which its records begin; one more for the end. */
  readonly starts: Int32Array
}

/** What came of the commands of one submission, in their order. */
export interface Results {
  readonly firstSeq: number
  readonly count: number
  readonly records: Int32Array
}

/**
 * Shows each command of a block after `after` and up to `until`, in order. Records are shown from word 0 on, as the engine
 * does.
 */
export function eachCommand(block: Block, visit: Visit, after = 0, until = block.lastSeq): void {
  const { firstSeq, commands, starts } = block
  const last = Math.min(block.lastSeq, until)
  for (let seq = Math.max(firstSeq, after + 1); seq <= last; seq++) {
    const i = seq - firstSeq
    const records = block.records.subarray(starts[i], starts[i + 1])
    visit(seq, commands, i * words, records, records.length / words)
  }
}

/** The results of `count` commands of a block, from the one at `first` on. */
export function resultsOf(block: Block, first: number, count: number): Results {
  const { firstSeq, records, starts } = block
  return {
    firstSeq: firstSeq + first,
    count,
    records: records.subarray(starts[first], starts[first + count]),
  }
}

/** Shows the records of results command by command: `at` is the word where a command's answer stands. */
export function eachResult(
  results: Results,
  visit: (records: Int32Array, at: number, count: number) => void,
): void {
  const { records } = results
  for (let at = 0; at < records.length; ) {
    const count = records[at + answer.count] ?? 0
    visit(records, at, count)
    at += count * words
  }
}

/** Carries out commands and keeps their records. Its memory is used again for each block. */
export class BlockWriter {
  #records = new Int32Array(1 << 16)

  carryOut(engine: Engine, commands: Int32Array, count: number): Block {
    const firstSeq = engine.sequence + 1
    const starts = new Int32Array(count + 1)
    let used = 0
    for (let i = 0; i < count; i++) {
      const length = engine.apply(commands, i * words) * words
      if (used + length > this.#records.length) this.#grow(used + length)
      copy(engine.records, length, this.#records, used)
      used += length
      starts[i + 1] = used
    }
    return { firstSeq, lastSeq: engine.sequence, commands, records: this.#records.slice(0, used), starts }
  }

  #grow(needed: number): void {
    const larger = new Int32Array(Math.max(needed, this.#records.length * 2))
    larger.set(this.#records)
    this.#records = larger
  }
}

/** Most commands have one record or two, for which a call into the runtime costs more than the words. */
function copy(from: Int32Array, length: number, to: Int32Array, at: number): void {
  if (length > 8 * words) to.set(from.subarray(0, length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[i] as number
}

/** The newest blocks, for those who missed something; bounded by their memory. */
export class RecentBlocks {
  readonly #mostWords: number
  #blocks: Block[] = []
  #first = 0
  #words = 0

  constructor(mostWords: number) {
    this.#mostWords = mostWords
  }

  add(block: Block): void {
    this.#blocks.push(block)
    this.#words += wordsOf(block)
    while (this.#words > this.#mostWords && this.#blocks.length - this.#first > 1) this.#dropOldest()
  }

  /**
   * Shows every command after `after` and up to `until`; false, and nothing is shown, where that is further back than what
   * is kept.
   */
  since(after: number, visit: Visit, until: number): boolean {
    const oldest = this.#blocks[this.#first]
    if (oldest === undefined || oldest.firstSeq > after + 1) return false
    for (let i = this.#first; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]
      if (block === undefined || block.lastSeq <= after) continue
      if (block.firstSeq > until) break
      eachCommand(block, visit, after, until)
    }
    return true
  }

  #dropOldest(): void {
    const oldest = this.#blocks[this.#first]
    if (oldest !== undefined) this.#words -= wordsOf(oldest)
    this.#first++
    if (this.#first * 2 < this.#blocks.length) return
    this.#blocks = this.#blocks.slice(this.#first)
    this.#first = 0
  }
}

function wordsOf(block: Block): number {
  return block.commands.length + block.records.length + block.starts.length
}
