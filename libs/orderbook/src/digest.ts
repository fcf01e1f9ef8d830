const prime1 = 0x9e37_79b1 | 0
const prime2 = 0x85eb_ca77 | 0
const lanes = 4

/**
 * A rolling digest of 128 bits over words of 32 bits: the rounds of xxHash32 in its four lanes. It finds differences between
 * runs, machines and versions; it is no protection against somebody who looks for two inputs with one digest.
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
    for (let at = from; at < to; at += lanes) {
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
  const mixed = (lane + Math.imul(word, prime2)) | 0
  return Math.imul((mixed << 13) | (mixed >>> 19), prime1)
}
