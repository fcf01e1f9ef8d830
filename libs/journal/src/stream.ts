import { BeancountStream } from './beancount/stream.ts'
import type { JournalFormat, JournalTransaction, ReadOptions } from './model.ts'
import { PlainStream } from './plain/stream.ts'
import { NotStreamable, type StreamReader, type StreamResult } from './streaming.ts'

/** An entry may be this long, in characters, before it is taken for a mistake. */
const longestEntry = 16 * 1024 * 1024

/**
 * Reads a large journal from pieces of its text, in memory that does not grow with its transactions: the same
 * transactions, in the same order and with the same remarks, as `readJournal` gives for the whole. Throws
 * NotStreamable where that can't be: entries out of the order of dates, includes, pads, postings with dates of their
 * own, names told after their use.
 *
 * The first reading finds errors; none of its transactions may be booked before its `result` is known. Give what it
 * learned to the next reading of the same text.
 */
export class JournalStream {
  readonly #reader: StreamReader
  readonly #name: string
  #rest = ''
  #isFirst = true

  constructor(name: string, format: JournalFormat, options: ReadOptions = {}, learned?: unknown) {
    this.#name = name
    this.#reader =
      format === 'beancount'
        ? new BeancountStream(name, options)
        : new PlainStream(name, format, options, learned)
  }

  /** The transactions that are complete with this piece, which may end anywhere. */
  read(piece: string): JournalTransaction[] {
    const cleaned = this.#clean(piece)
    const text = this.#rest + cleaned
    const cut = lastStart(text)
    if (cut === 0) {
      this.#keep(text)
      return []
    }
    const { transactions, rest } = this.#reader.read(text.slice(0, cut), false)
    this.#keep(rest + text.slice(cut))
    return transactions
  }

  /** The transactions that only the end of the text completes. */
  end(): JournalTransaction[] {
    const text = this.#rest.replaceAll('\r', '\n')
    this.#rest = ''
    return this.#reader.read(text, true).transactions
  }

  result(): StreamResult {
    return this.#reader.result()
  }

  #keep(rest: string): void {
    if (rest.length > longestEntry)
      throw new NotStreamable({ file: this.#name, line: 1 }, 'an entry is longer than 16 million characters')
    this.#rest = rest
  }

  /** As `cleanText` does, but what spoils a large file as a whole ends it at once. */
  #clean(piece: string): string {
    let text = piece
    if (this.#isFirst && text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    if (text !== '') this.#isFirst = false
    if (text.includes('\0') || text.includes('\ufffd'))
      throw new NotStreamable({ file: this.#name, line: 1 }, 'it is not UTF-8 text throughout')
    return text.includes('\r') || this.#rest.endsWith('\r') ? this.#lineEnds(text) : text
  }

  /** A carriage return at the end of a piece may be half of a line end. */
  #lineEnds(text: string): string {
    const before = this.#rest.endsWith('\r') ? '\r' : ''
    if (before !== '') this.#rest = this.#rest.slice(0, -1)
    const joined = (before + text).replaceAll('\r\n', '\n')
    const half = joined.endsWith('\r') ? '\r' : ''
    return joined.slice(0, joined.length - half.length).replaceAll('\r', '\n') + half
  }
}

/** Where the last line begins that is not indented: what comes before it is complete. */
function lastStart(text: string): number {
  for (let at = text.lastIndexOf('\n'); at > 0; at = text.lastIndexOf('\n', at - 1)) {
    const c = text.charCodeAt(at + 1)
    if (!Number.isNaN(c) && c !== 32 && c !== 9 && c !== 13) return at + 1
  }
  return 0
}
