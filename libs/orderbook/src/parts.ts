import { Digest } from './digest.ts'
import { words as recordWords } from './layout.ts'

export type Part = Int32Array | Float64Array | Uint8Array

const headBytes = 8

/**
 * Arrays as bytes, little-endian, and a digest behind them: each a word with the bytes of an element, a word with their number,
 * then the elements, filled up to a multiple of 8 bytes.
 *
 * The bytes are copied at once. Their digest takes several times as long, and may be worked out in pieces while others work.
 */
export class Packing {
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #digest = new Digest()
  #digested = 0

  constructor(parts: readonly Part[]) {
    const size = parts.reduce((sum, part) => sum + headBytes + padded(part.byteLength), 0)
    const bytes = new Uint8Array(size + Digest.bytes)
    let at = 0
    for (const part of parts) {
      new Int32Array(bytes.buffer, at, 2).set([part.BYTES_PER_ELEMENT, part.length])
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at + headBytes)
      at += headBytes + padded(part.byteLength)
    }
    this.#bytes = bytes
    this.#words = new Int32Array(bytes.buffer, 0, size / Int32Array.BYTES_PER_ELEMENT)
  }

  /** Goes on with the digest for at most so many records of 64 bytes; whether all is done. */
  advance(records: number): boolean {
    const { length } = this.#words
    if (this.#digested === length) return true
    const end = Math.min(length, this.#digested + records * recordWords)
    this.#digest.update(this.#words, this.#digested, end)
    this.#digested = end
    if (end < length) return false
    this.#bytes.set(new Uint8Array(this.#digest.state.buffer), this.#bytes.length - Digest.bytes)
    return true
  }

  /** All bytes, with their digest. */
  finish(): Uint8Array {
    this.advance(Number.POSITIVE_INFINITY)
    return this.#bytes
  }
}

/** Throws `RangeError` if the bytes are not what {@link Packing} made, to the last one. */
export function unpack(packed: Uint8Array): Part[] {
  const bytes = packed.slice()
  const size = bytes.length - Digest.bytes
  if (size < 0 || size % headBytes !== 0) throw new RangeError(`a snapshot can't have ${bytes.length} bytes`)
  if (digestOf(bytes, size).some((byte, index) => byte !== bytes[size + index])) {
    throw new RangeError('the snapshot is damaged: its digest is another')
  }
  const parts: Part[] = []
  for (let at = 0; at < size; ) {
    const [bytesEach = 0, length = 0] = new Int32Array(bytes.buffer, at, 2)
    parts.push(view(bytes, at + headBytes, bytesEach, length))
    at += headBytes + padded(bytesEach * length)
  }
  return parts
}

function view(bytes: Uint8Array, at: number, bytesEach: number, length: number): Part {
  const buffer = bytes.buffer as ArrayBuffer
  if (bytesEach === 4) return new Int32Array(buffer, at, length)
  if (bytesEach === 8) return new Float64Array(buffer, at, length)
  return new Uint8Array(buffer, at, length)
}

function digestOf(bytes: Uint8Array, size: number): Uint8Array {
  const digest = new Digest()
  digest.update(
    new Int32Array(bytes.buffer, 0, size / Int32Array.BYTES_PER_ELEMENT),
    0,
    size / Int32Array.BYTES_PER_ELEMENT,
  )
  return new Uint8Array(digest.state.buffer)
}

function padded(bytes: number): number {
  return Math.ceil(bytes / headBytes) * headBytes
}
