/** Stands for "there is none", and is greater than any index. */
export const none = 0x4000_0000

/**
 * A set of small integers as bits, with a bit above for each 32 bits that hold any, and so on up to one word: the next
 * member is found in as many steps as there are layers, at most 5 for 2^24 indices.
 */
export class Bitmap {
  readonly #bits: Int32Array
  /** Where each layer begins; the last number is the length. */
  readonly #layers: Int32Array
  readonly #top: number

  /** @param size members are below it; at most 2^25 */
  constructor(size: number) {
    const layers = [0]
    let end = 0
    for (let length = Math.ceil(size / 32); ; length = Math.ceil(length / 32)) {
      end += length
      if (length === 1) break
      layers.push(end)
    }
    this.#bits = new Int32Array(end)
    this.#layers = Int32Array.from(layers)
    this.#top = layers.length - 1
  }

  add(index: number): void {
    let at = index
    for (let layer = 0; layer <= this.#top; layer++) {
      const word = (this.#layers[layer] as number) + (at >>> 5)
      const bits = this.#bits[word] as number
      this.#bits[word] = bits | (1 << (at & 31))
      if (bits !== 0) return
      at >>>= 5
    }
  }

  delete(index: number): void {
    let at = index
    for (let layer = 0; layer <= this.#top; layer++) {
      const word = (this.#layers[layer] as number) + (at >>> 5)
      const bits = (this.#bits[word] as number) & ~(1 << (at & 31))
      this.#bits[word] = bits
      if (bits !== 0) return
      at >>>= 5
    }
  }

  /** The least member above `index`, which may be −1; {@link none} if there is none. */
  after(index: number): number {
    let at = index + 1
    for (let layer = 0; layer <= this.#top; layer++) {
      const word = (this.#layers[layer] as number) + (at >>> 5)
      if (word >= this.#end(layer)) return none
      const bits = (this.#bits[word] as number) & (-1 << (at & 31))
      if (bits !== 0) return this.#lowest(layer, ((at >>> 5) << 5) + trailingZeros(bits))
      at = (at >>> 5) + 1
    }
    return none
  }

  /** The greatest member below `index`; −1 if there is none. */
  before(index: number): number {
    let at = index - 1
    for (let layer = 0; layer <= this.#top; layer++) {
      if (at < 0) return -1
      const word = (this.#layers[layer] as number) + (at >>> 5)
      const bits = (this.#bits[word] as number) & (-1 >>> (31 - (at & 31)))
      if (bits !== 0) return this.#highest(layer, ((at >>> 5) << 5) + 31 - Math.clz32(bits))
      at = (at >>> 5) - 1
    }
    return -1
  }

  #end(layer: number): number {
    return layer === this.#top ? this.#bits.length : (this.#layers[layer + 1] as number)
  }

  #lowest(from: number, found: number): number {
    let at = found
    for (let layer = from - 1; layer >= 0; layer--) {
      const bits = this.#bits[(this.#layers[layer] as number) + at] as number
      at = (at << 5) + trailingZeros(bits)
    }
    return at
  }

  #highest(from: number, found: number): number {
    let at = found
    for (let layer = from - 1; layer >= 0; layer--) {
      const bits = this.#bits[(this.#layers[layer] as number) + at] as number
      at = (at << 5) + 31 - Math.clz32(bits)
    }
    return at
  }
}

function trailingZeros(bits: number): number {
  // not `-bits`, which is no word of 32 bits for the lowest one
  return 31 - Math.clz32(bits & ((0 - bits) | 0))
}
