const prime1 = 0x9e37_79b1 | 0
const prime2 = 0x85eb_ca77 | 0
const lanes = 4

/**
 * A rolling digest of 128 bits over words of 32 bits, in four lanes: every fourth word is added to a lane, which is then
 * turned by 13 bits and multiplied by an odd number. Each of these steps can be undone, so that inputs that differ in one
 * word of a lane never come to the same; others do by chance, once in 2^32 for each lane that differs. It finds differences
 * between runs, machines and versions; it is no protection against somebody who looks for two inputs with one digest.
 */
export class Digest {
  /** Size of the state. */
  static readonly bytes = 16
  readonly state = Int32Array.of(prime1 + prime2, prime2, 0, -prime1)

  /** Takes in words `from` to `to`, a multiple of 4 of them. */
  update(words: Int32Array, from: number, to: number): void {
    const { state } = this
    let one = state[0] as number
    let two = state[1] as number
    let three = state[2] as number
    let four = state[3] as number
    let at = from
    // a command or record at once
    for (; at + 16 <= to; at += 16) {
      one = round(one, words[at] as number)
      two = round(two, words[at + 1] as number)
      three = round(three, words[at + 2] as number)
      four = round(four, words[at + 3] as number)
      one = round(one, words[at + 4] as number)
      two = round(two, words[at + 5] as number)
      three = round(three, words[at + 6] as number)
      four = round(four, words[at + 7] as number)
      one = round(one, words[at + 8] as number)
      two = round(two, words[at + 9] as number)
      three = round(three, words[at + 10] as number)
      four = round(four, words[at + 11] as number)
      one = round(one, words[at + 12] as number)
      two = round(two, words[at + 13] as number)
      three = round(three, words[at + 14] as number)
      four = round(four, words[at + 15] as number)
    }
    for (; at < to; at += lanes) {
      one = round(one, words[at] as number)
      two = round(two, words[at + 1] as number)
      three = round(three, words[at + 2] as number)
      four = round(four, words[at + 3] as number)
    }
    state[0] = one
    state[1] = two
    state[2] = three
    state[3] = four
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    return Array.from(this.state, (lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

function round(lane: number, word: number): number {
  const sum = (lane + word) | 0
  return Math.imul((sum << 13) | (sum >>> 19), prime1)
}
