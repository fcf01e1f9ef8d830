import * as slots from '../slot.ts'
import * as entries from './id-entries.ts'

const { entry, entryWords } = entries
const { within } = slots

const groupBits = 4
const groupMask = (1 << groupBits) - 1

/** Bits of a place that say which entry it is; the others are of the id's hash, so that few others need be looked at. */
const numberBits = 23
const numberMask = (1 << numberBits) - 1

/** Any ids: an open-addressing table of the numbers of their entries, at most half full. */
export class IdTable {
  readonly #entries: Int32Array
  readonly #places: Int32Array
  readonly #mask: number
  #count = 0

  /** @param capacity at most 2^22 */
  constructor(ids: Int32Array, capacity: number) {
    this.#entries = ids
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2)))
    this.#mask = this.#places.length - 1
  }

  clear(): void {
    if (this.#count > 0) this.#places.fill(0)
    this.#count = 0
  }

  /** @param number of an entry whose id is not here */
  add(number: number): void {
    const at = (number * entryWords) & within
    const low = this.#entries[at + entry.low] as number
    const high = this.#entries[at + entry.high] as number
    const hash = mix(this.#entries[at + entry.account] as number, low, high)
    let place = this.#firstPlace(hash, low)
    while (this.#places[place] !== 0) place = (place + 1) & this.#mask
    this.#places[place] = number | (hash & ~numberMask)
    this.#count++
  }

  /** The number of the id's entry; 0 if it is not here. */
  find(account: number, low: number, high: number): number {
    if (this.#count === 0) return 0
    const words = this.#entries
    const hash = mix(account, low, high)
    let place = this.#firstPlace(hash, low)
    for (;;) {
      const found = this.#places[place] as number
      if (found === 0) return 0
      const number = found & numberMask
      const at = (number * entryWords) & within
      const isIt =
        ((found ^ hash) & ~numberMask) === 0 &&
        words[at + entry.low] === low &&
        words[at + entry.account] === account &&
        words[at + entry.high] === high
      if (isIt) return number
      place = (place + 1) & this.#mask
    }
  }

  #firstPlace(hash: number, low: number): number {
    return ((hash << groupBits) | (low & groupMask)) & this.#mask
  }
}

/** Ids that follow one another are neighbours, 16 to a line of memory; groups of them, and accounts, are spread. */
function mix(account: number, low: number, high: number): number {
  let hash =
    Math.imul(low >>> groupBits, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b) ^ Math.imul(account, 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return hash ^ (hash >>> 13)
}
