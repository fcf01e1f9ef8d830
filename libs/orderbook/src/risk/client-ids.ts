const account = 0
const low = 1
const high = 2
const order = 3
const slot = 4
const entryWords = 5

/** Of a word of the index: the number of an entry, and above it bits of its hash. */
const entryBits = 23
const entryMask = (1 << entryBits) - 1

/**
 * Client ids by account, and the order that each names. Entries follow one another as they come; an open-addressing index, at
 * most half full, finds them by hash. A word of it tells the entry and some of the hash, so that looking up an id that is not
 * there touches one word and no entry. Entries are only added during a day; its end builds both anew.
 */
export class ClientIds {
  readonly #capacity: number
  readonly #entries: Int32Array
  readonly #index: Int32Array
  readonly #mask: number
  #count = 0

  /** @param capacity ids remembered at a time, at most 2^22 */
  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(2 * capacity + 2))
    this.#capacity = capacity
    this.#entries = new Int32Array((capacity + 1) * entryWords)
    this.#index = new Int32Array(places)
    this.#mask = places - 1
  }

  get full(): boolean {
    return this.#count >= this.#capacity
  }

  /** Ids are two words of 32 bits, as in a command. */
  has(ofAccount: number, idLow: number, idHigh: number): boolean {
    return this.#find(ofAccount, idLow, idHigh) !== 0
  }

  /** The order's slot when it was entered; 0 for an unknown id. The order may be gone. */
  slot(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#entries[this.#find(ofAccount, idLow, idHigh) * entryWords + slot] as number
  }

  /** The order's number; 0 for an unknown id. */
  order(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#entries[this.#find(ofAccount, idLow, idHigh) * entryWords + order] as number
  }

  /** The id must be unknown, and the table not full. */
  add(ofAccount: number, idLow: number, idHigh: number, itsOrder: number, itsSlot: number): void {
    const entries = this.#entries
    const entry = ++this.#count
    const word = entry * entryWords
    entries[word + account] = ofAccount
    entries[word + low] = idLow
    entries[word + high] = idHigh
    entries[word + order] = itsOrder
    entries[word + slot] = itsSlot
    this.#enlist(entry, mix(ofAccount, idLow, idHigh))
  }

  /** Forgets the ids of orders that are gone. */
  keep(alive: (order: number, slot: number) => boolean): void {
    const entries = this.#entries
    const before = this.#count
    this.#count = 0
    for (let word = entryWords; word <= before * entryWords; word += entryWords) {
      if (!alive(entries[word + order] as number, entries[word + slot] as number)) continue
      this.#count++
      entries.copyWithin(this.#count * entryWords, word, word + entryWords)
    }
    entries.fill(0, (this.#count + 1) * entryWords, (before + 1) * entryWords)
    this.#enlistAll()
  }

  /** Entry 0 is empty. */
  part(): Int32Array {
    return this.#entries.subarray(0, (this.#count + 1) * entryWords)
  }

  /** @throws RangeError for more than the capacity */
  restore(part: Int32Array): void {
    this.#entries.fill(0)
    this.#entries.set(part)
    this.#count = part.length / entryWords - 1
    this.#enlistAll()
  }

  #enlistAll(): void {
    const entries = this.#entries
    this.#index.fill(0)
    for (let entry = 1; entry <= this.#count; entry++) {
      const word = entry * entryWords
      const idLow = entries[word + low] as number
      this.#enlist(entry, mix(entries[word + account] as number, idLow, entries[word + high] as number))
    }
  }

  #enlist(entry: number, hash: number): void {
    let place = hash & this.#mask
    while (this.#index[place] !== 0) place = (place + 1) & this.#mask
    this.#index[place] = (hash & ~entryMask) | entry
  }

  /** The entry; 0 for an unknown id. */
  #find(ofAccount: number, idLow: number, idHigh: number): number {
    const index = this.#index
    const hash = mix(ofAccount, idLow, idHigh)
    let place = hash & this.#mask
    for (;;) {
      const found = index[place] as number
      if (found === 0) return 0
      const isLikely = ((found ^ hash) & ~entryMask) === 0
      if (isLikely && this.#isEntry((found & entryMask) * entryWords, ofAccount, idLow, idHigh))
        return found & entryMask
      place = (place + 1) & this.#mask
    }
  }

  #isEntry(word: number, ofAccount: number, idLow: number, idHigh: number): boolean {
    const entries = this.#entries
    return (
      entries[word + low] === idLow &&
      entries[word + high] === idHigh &&
      entries[word + account] === ofAccount
    )
  }
}

/** Spreads ids that follow one another, and accounts that use the same, over all bits. */
function mix(ofAccount: number, idLow: number, idHigh: number): number {
  let hash =
    Math.imul(idLow, 0x9e37_79b1) ^ Math.imul(idHigh, 0x85eb_ca6b) ^ Math.imul(ofAccount, 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a_2d39)
  return hash ^ (hash >>> 15)
}
