import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import {
  type JournalFormat,
  JournalStream,
  type JournalTransaction,
  type ReadOptions,
  type StreamResult,
} from '@florin/journal'
import { usage } from './failure.ts'

/** Bytes that are read at once. */
const piece = 1024 * 1024

export interface Checked {
  readonly result: StreamResult
  readonly learned: unknown
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly digest: string
}

/** A journal on the disk that is too large to be held in memory. */
export class LargeFile {
  readonly path: string
  readonly name: string
  readonly format: JournalFormat
  readonly options: ReadOptions
  readonly bytes: number
  readonly #changed: number

  constructor(path: string, name: string, format: JournalFormat, options: ReadOptions) {
    this.path = path
    this.name = name
    this.format = format
    this.options = options
    const { size, mtimeMs } = statSync(path)
    this.bytes = size
    this.#changed = mtimeMs
  }

  /** Reads everything once, or twice where the end of the file decides how its beginning is read. */
  async check(
    progress: (bytes: number) => void,
    take: (transaction: JournalTransaction) => void,
  ): Promise<Checked> {
    const hash = createHash('sha256')
    const first = await this.#readAll(undefined, progress, take, (bytes) => hash.update(bytes))
    const digest = hash.digest('hex')
    if (!first.again) return { result: first, learned: first.learned, digest }
    const second = await this.#readAll(first.learned, progress, () => undefined)
    return { result: second, learned: first.learned, digest }
  }

  /** The transactions in order, with the bytes read so far. */
  async *transactions(
    learned: unknown,
  ): AsyncGenerator<{ transactions: JournalTransaction[]; bytes: number }> {
    const stream = new JournalStream(this.name, this.format, this.options, learned)
    let bytes = 0
    const decoder = new TextDecoder()
    for await (const chunk of this.#chunks()) {
      bytes += chunk.length
      yield { transactions: stream.read(decoder.decode(chunk, { stream: true })), bytes }
    }
    const last = stream.read(decoder.decode())
    yield { transactions: [...last, ...stream.end()], bytes }
  }

  async #readAll(
    learned: unknown,
    progress: (bytes: number) => void,
    take: (transaction: JournalTransaction) => void,
    seeBytes: (bytes: Buffer) => void = () => undefined,
  ): Promise<StreamResult> {
    const stream = new JournalStream(this.name, this.format, this.options, learned)
    const decoder = new TextDecoder()
    let bytes = 0
    for await (const chunk of this.#chunks()) {
      bytes += chunk.length
      seeBytes(chunk)
      for (const transaction of stream.read(decoder.decode(chunk, { stream: true }))) take(transaction)
      progress(bytes)
    }
    for (const transaction of [...stream.read(decoder.decode()), ...stream.end()]) take(transaction)
    return stream.result()
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(this.path, { highWaterMark: piece })) {
      if (!Buffer.isBuffer(chunk)) throw new Error('A file gave text where bytes were asked for')
      // What was checked must be what is booked.
      const { size, mtimeMs } = statSync(this.path)
      if (size !== this.bytes || mtimeMs !== this.#changed)
        throw usage(`${this.name} was changed while it was read; import it again.`)
      yield chunk
    }
  }
}
