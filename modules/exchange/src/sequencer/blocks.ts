import { answer, type Engine, words } from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'

/**
 * Commands that were journalled and carried out together, and what came of them. Its words lie in memory that is used
 * again in time: whoever is given one reads it in the same turn of the event loop or the next, or copies.
 */
export interface Block {
  readonly firstSeq: number
  readonly lastSeq: number
  /** 16 words each, one command after another. */
  readonly commands: Int32Array
  /** The records of all commands in order; each command's begin with its answer, which says how many they are. */
  readonly records: Int32Array
}

/** What came of the commands of one submission, in their order. To be read at once, as a {@link Block}. */
export interface Results {
  readonly firstSeq: number
  readonly count: number
  readonly records: Int32Array
}

/** The words of a block or of results were used again before they were read. */
export class OutOfDate extends Error {
  override readonly name = 'OutOfDate'

  constructor(seq: number) {
    super(`What came of command ${seq} is no longer in memory: it has to be read at once`)
  }
}

/**
 * Shows each command of a block after `after` and up to `until`, in order. Records are shown from word 0 on, as the engine does.
 *
 * @throws OutOfDate
 */
export function eachCommand(block: Block, visit: Visit, after = 0, until = block.lastSeq): void {
  const { firstSeq, commands, records } = block
  const last = Math.min(block.lastSeq, until)
  let at = 0
  for (let seq = firstSeq; seq <= last; seq++) {
    const end = endOf(records, at, seq)
    if (seq > after)
      visit(seq, commands, (seq - firstSeq) * words, records.subarray(at, end), (end - at) / words)
    at = end
  }
}

/** Divides a block's results among those who submitted its commands, from one command on, in order. */
export class ResultsDivider {
  readonly #records: Int32Array
  #seq: number
  #at = 0

  constructor(block: Block, seq: number) {
    this.#records = block.records
    this.#seq = block.firstSeq
    this.#at = this.#passed(seq - block.firstSeq)
    this.#seq = seq
  }

  /** The results of the next `count` commands. */
  next(count: number): Results {
    const from = this.#at
    this.#at = this.#passed(count)
    const results = new ResultsOfBlock(this.#seq, count, this.#records.subarray(from, this.#at))
    this.#seq += count
    return results
  }

  #passed(count: number): number {
    let at = this.#at
    for (let i = 0; i < count; i++) at = endOf(this.#records, at, this.#seq + i)
    return at
  }
}

class ResultsOfBlock implements Results {
  readonly firstSeq: number
  readonly count: number
  readonly records: Int32Array

  constructor(firstSeq: number, count: number, records: Int32Array) {
    this.firstSeq = firstSeq
    this.count = count
    this.records = records
  }
}

/**
 * Shows the records of results command by command: `at` is the word where a command's answer stands.
 *
 * @throws OutOfDate
 */
export function eachResult(
  results: Results,
  visit: (records: Int32Array, at: number, count: number) => void,
): void {
  const { records, firstSeq } = results
  let seq = firstSeq
  for (let at = 0; at < records.length; seq++) {
    const end = endOf(records, at, seq)
    visit(records, at, (end - at) / words)
    at = end
  }
}

/**
 * The word behind the records of a command. An answer names its command, so that memory that was used again can't pass for
 * what it held before.
 */
function endOf(records: Int32Array, at: number, seq: number): number {
  if (records[at + answer.sequenceLow] !== (seq | 0)) throw new OutOfDate(seq)
  return at + (records[at + answer.count] as number) * words
}

class WrittenBlock implements Block {
  readonly firstSeq: number
  readonly lastSeq: number
  readonly commands: Int32Array
  readonly records: Int32Array

  constructor(firstSeq: number, lastSeq: number, commands: Int32Array, records: Int32Array) {
    this.firstSeq = firstSeq
    this.lastSeq = lastSeq
    this.commands = commands
    this.records = records
  }
}

/** Where the words of blocks come from. */
export interface BlockMemory {
  /** So many words, with anything in them. */
  take(count: number): Int32Array
}

/** Carries out commands and keeps their records. */
export class BlockWriter {
  #records = new Int32Array(1 << 16)

  /** The block's words are taken from `memory`, as those of the commands were. */
  carryOut(engine: Engine, commands: Int32Array, count: number, memory: BlockMemory): Block {
    const firstSeq = engine.sequence + 1
    let used = 0
    for (let i = 0; i < count; i++) {
      const length = engine.apply(commands, i * words) * words
      if (used + length > this.#records.length) this.#grow(used + length)
      copyWords(engine.records, length, this.#records, used)
      used += length
    }
    const records = memory.take(used)
    records.set(this.#records.subarray(0, used))
    return new WrittenBlock(firstSeq, engine.sequence, commands, records)
  }

  #grow(needed: number): void {
    const larger = new Int32Array(Math.max(needed, this.#records.length * 2))
    larger.set(this.#records)
    this.#records = larger
  }
}

/** Most commands have one record or two, for which a call into the runtime costs more than the words. */
export function copyWords(from: Int32Array, length: number, to: Int32Array, at: number): void {
  if (length > 8 * words) to.set(from.subarray(0, length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[i] as number
}
