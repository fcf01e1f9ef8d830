import * as layout from './layout.ts'
import * as slots from './slot.ts'

const { words: width } = layout
const { within } = slots

const prime1 = 0x9e37_79b1 | 0
const prime2 = 0x85eb_ca77 | 0

/** A factor for each word of a record: digits of pi in hexadecimal, made odd. */
export const factors = {
  k0: 0x243f_6a89,
  k1: 0x85a3_08d3 | 0,
  k2: 0x1319_8a2f,
  k3: 0x0370_7345,
  k4: 0xa409_3823 | 0,
  k5: 0x299f_31d1,
  k6: 0x082e_fa99,
  k7: 0xec4e_6c89 | 0,
  k8: 0x4528_21e7,
  k9: 0x38d0_1377,
  k10: 0xbe54_66cf | 0,
  k11: 0x34e9_0c6d,
  k12: 0xc0ac_29b7 | 0,
  k13: 0xc97c_50dd | 0,
  k14: 0x3f84_d5b5,
  k15: 0xb547_0917 | 0,
} as const
const { k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15 } = factors

/** What the sum of the records before is multiplied with. */
const step = prime2

/**
 * A rolling digest of 128 bits over commands and their records of 16 words of 32 bits, in four lanes. Every fourth word of a
 * record is a term of a lane: the words are added up, each times an odd number of its own, and the records of a command with
 * it, each times another power of an odd number. The lane with that sum is turned by 13 bits and multiplied by an odd number.
 * Each of these steps can be undone, so that inputs that differ in one word never come to the same; others do by chance, once
 * in 2^32 for each lane that differs. It finds differences between runs, machines and versions; it is no protection against
 * somebody who looks for two inputs with one digest.
 *
 * What is known word by word need not be read back: see {@link join} and {@link turn}.
 */
export class Digest {
  /** Size of the state. */
  static readonly bytes = 16
  readonly state = Int32Array.of(prime1 + prime2, prime2, 0, -prime1)

  /** Takes in words `from` to `to`; what lacks to a record at the end counts as zeros. */
  update(words: Int32Array, from: number, to: number): void {
    let at = from
    for (; at + width <= to; at += width) this.take(words, at, words, 0)
    if (at === to) return
    const last = new Int32Array(width)
    last.set(words.subarray(at, to))
    this.take(last, 0, last, 0)
  }

  /** Takes in a command and its records. */
  take(commands: Int32Array, from: number, records: Int32Array, count: number): void {
    const { state } = this
    const command = from & within
    let one = sum(commands, command, k0, k4, k8, k12)
    let two = sum(commands, command + 1, k1, k5, k9, k13)
    let three = sum(commands, command + 2, k2, k6, k10, k14)
    let four = sum(commands, command + 3, k3, k7, k11, k15)
    for (let at = 0; at < count * width; at += width) {
      const record = at & within
      one = (Math.imul(one, step) + sum(records, record, k0, k4, k8, k12)) | 0
      two = (Math.imul(two, step) + sum(records, record + 1, k1, k5, k9, k13)) | 0
      three = (Math.imul(three, step) + sum(records, record + 2, k2, k6, k10, k14)) | 0
      four = (Math.imul(four, step) + sum(records, record + 3, k3, k7, k11, k15)) | 0
    }
    state[0] = turn(state[0] as number, one)
    state[1] = turn(state[1] as number, two)
    state[2] = turn(state[2] as number, three)
    state[3] = turn(state[3] as number, four)
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    return Array.from(this.state, (lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

/** Every fourth word from `at` on, each times its factor. */
function sum(words: Int32Array, at: number, one: number, two: number, three: number, four: number): number {
  const first = (Math.imul(words[at] as number, one) + Math.imul(words[at + 4] as number, two)) | 0
  const second = (Math.imul(words[at + 8] as number, three) + Math.imul(words[at + 12] as number, four)) | 0
  return (first + second) | 0
}

/** A lane's sum of a command with two records, from those of each of them. */
export function join(command: number, answer: number, record: number): number {
  return (Math.imul((Math.imul(command, step) + answer) | 0, step) + record) | 0
}

/** A lane after a command with the sum `added`. */
export function turn(lane: number, added: number): number {
  const word = (lane + added) | 0
  return Math.imul((word << 13) | (word >>> 19), prime1)
}
