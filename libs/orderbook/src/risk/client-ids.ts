const account = 0
const low = 1
const high = 2
const order = 3
const slot = 4
const entryWords = 5

const groupBits = 4
const groupMask = (1 << groupBits) - 1

/** Bits of a place that say which entry it is; the others are of the id's hash, so that few others need be looked at. */
const numberBits = 23
const numberMask = (1 << numberBits) - 1

/**
 * Client ids by account, and the order that each names: entries in the order they came, and an open-addressing table of
 * their numbers, at most half full and so small that it stays near. Entries are only added during a day, so that there is
 * nothing to delete; the end of the day builds them anew.
 */
export class ClientIds {
  readonly #capacity: number
  /** From entry 1 on; 0 stands for none. */
  readonly #entries: Int32Array
  readonly #places: Int32Array
  readonly #mask: number
  #count = 0

  /** @param capacity ids remembered at a time, at most 2^22 */
  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(2 * capacity + 2))
    this.#capacity = capacity
    this.#entries = new Int32Array((capacity + 1) * entryWords)
    this.#places = new Int32Array(places)
    this.#mask = places - 1
    // the machine gives the memory now, and not page by page while orders wait
    this.#places.fill(0)
    this.#entries.fill(0)
  }

  get full(): boolean {
    return this.#count >= this.#capacity
  }

  /** Ids are two words of 32 bits, as in a command. */
  has(ofAccount: number, idLow: number, idHigh: number): boolean {
    return this.#places[this.#place(ofAccount, idLow, idHigh)] !== 0
  }

  /** The order's slot when it was entered; 0 for an unknown id. The order may be gone. */
  slot(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#entries[this.#entry(ofAccount, idLow, idHigh) + slot] as number
  }

  /** The order's number; 0 for an unknown id. */
  order(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#entries[this.#entry(ofAccount, idLow, idHigh) + order] as number
  }

  /** The id must be unknown, and the table not full. */
  add(ofAccount: number, idLow: number, idHigh: number, itsOrder: number, itsSlot: number): void {
    const number = ++this.#count
    const entries = this.#entries
    const entry = number * entryWords
    this.#places[this.#place(ofAccount, idLow, idHigh)] =
      number | (mix(ofAccount, idLow, idHigh) & ~numberMask)
    entries[entry + account] = ofAccount
    entries[entry + low] = idLow
    entries[entry + high] = idHigh
    entries[entry + order] = itsOrder
    entries[entry + slot] = itsSlot
  }

  /** Forgets the ids of orders that are gone. */
  keep(alive: (order: number, slot: number) => boolean): void {
    this.#fill(this.#used().slice(), alive)
  }

  parts(): Int32Array[] {
    return [Int32Array.of(this.#count), this.#used()]
  }

  restore(head: Int32Array, entries: Int32Array): void {
    if (head[0] !== entries.length / entryWords || head[0] > this.#capacity)
      throw new RangeError('The snapshot is of another number of client ids')
    this.#fill(entries, () => true)
  }

  #used(): Int32Array {
    return this.#entries.subarray(entryWords, (this.#count + 1) * entryWords)
  }

  #fill(entries: Int32Array, wanted: (order: number, slot: number) => boolean): void {
    this.#places.fill(0)
    this.#count = 0
    for (let at = 0; at < entries.length; at += entryWords) {
      const [itsAccount = 0, idLow = 0, idHigh = 0, itsOrder = 0, itsSlot = 0] = entries.subarray(
        at,
        at + entryWords,
      )
      if (wanted(itsOrder, itsSlot)) this.add(itsAccount, idLow, idHigh, itsOrder, itsSlot)
    }
  }

  #entry(ofAccount: number, idLow: number, idHigh: number): number {
    const found = this.#places[this.#place(ofAccount, idLow, idHigh)] as number
    return (found & numberMask) * entryWords
  }

  /** Where the id is, or would be. */
  #place(ofAccount: number, idLow: number, idHigh: number): number {
    const places = this.#places
    const entries = this.#entries
    const hash = mix(ofAccount, idLow, idHigh)
    let at = ((hash << groupBits) | (idLow & groupMask)) & this.#mask
    for (;;) {
      const found = places[at] as number
      if (found === 0) return at
      if (((found ^ hash) & ~numberMask) === 0) {
        const entry = (found & numberMask) * entryWords
        const isIt =
          entries[entry + low] === idLow &&
          entries[entry + account] === ofAccount &&
          entries[entry + high] === idHigh
        if (isIt) return at
      }
      at = (at + 1) & this.#mask
    }
  }
}

/** Ids that follow one another are neighbours, 16 to a line of memory; groups of them, and accounts, are spread. */
function mix(ofAccount: number, idLow: number, idHigh: number): number {
  let hash =
    Math.imul(idLow >>> groupBits, 0x9e37_79b1) ^
    Math.imul(idHigh, 0x85eb_ca6b) ^
    Math.imul(ofAccount, 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return hash ^ (hash >>> 13)
}
