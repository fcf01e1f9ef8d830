/**
 * A number of two words, the low one unsigned. Exact for integers from −(2^53 − 1) to 2^53 − 1.
 * `low` and `high` are indexes in `words`.
 */
export function readWide(words: Int32Array, low: number, high: number): number {
  return word(words, high) * 0x1_0000_0000 + (word(words, low) >>> 0)
}

export function writeWide(words: Int32Array, low: number, high: number, value: number): void {
  words[low] = value | 0
  words[high] = Math.floor(value / 0x1_0000_0000)
}

/** A word that is surely there. Throws `RangeError` beyond the end. */
export function word(words: Int32Array | Uint8Array, at: number): number {
  const value = words[at]
  if (value === undefined) throw new RangeError(`word ${at} of ${words.length}`)
  return value
}
