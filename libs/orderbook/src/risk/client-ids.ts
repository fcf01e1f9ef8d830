const account = 0
const low = 1
const high = 2
const order = 3
const slot = 4
const entryWords = 5

/**
 * Client ids by account, and the order that each names: an open-addressing table in one `Int32Array`, at most half full.
 * Entries are only added during a day, so that there is nothing to delete; the end of the day builds it anew.
 */
export class ClientIds {
  readonly #capacity: number
  readonly #table: Int32Array
  readonly #mask: number
  #count = 0

  /** @param capacity ids remembered at a time */
  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(2 * capacity + 2))
    this.#capacity = capacity
    this.#table = new Int32Array(places * entryWords)
    this.#mask = places - 1
  }

  get full(): boolean {
    return this.#count >= this.#capacity
  }

  /** Ids are two words of 32 bits, as in a command. */
  has(ofAccount: number, idLow: number, idHigh: number): boolean {
    return this.#table[this.#place(ofAccount, idLow, idHigh)] !== 0
  }

  /** The order's slot when it was entered; 0 for an unknown id. The order may be gone. */
  slot(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#table[this.#place(ofAccount, idLow, idHigh) + slot] as number
  }

  /** The order's number; 0 for an unknown id. */
  order(ofAccount: number, idLow: number, idHigh: number): number {
    return this.#table[this.#place(ofAccount, idLow, idHigh) + order] as number
  }

  /** The id must be unknown, and the table not full. */
  add(ofAccount: number, idLow: number, idHigh: number, itsOrder: number, itsSlot: number): void {
    const place = this.#place(ofAccount, idLow, idHigh)
    this.#table[place + account] = ofAccount
    this.#table[place + low] = idLow
    this.#table[place + high] = idHigh
    this.#table[place + order] = itsOrder
    this.#table[place + slot] = itsSlot
    this.#count++
  }

  /** Forgets the ids of orders that are gone. */
  keep(alive: (order: number, slot: number) => boolean): void {
    const before = this.#table.slice()
    this.#table.fill(0)
    this.#count = 0
    for (let place = 0; place < before.length; place += entryWords) {
      if (before[place + account] === 0) continue
      const [itsAccount = 0, idLow = 0, idHigh = 0, itsOrder = 0, itsSlot = 0] = before.subarray(
        place,
        place + entryWords,
      )
      if (alive(itsOrder, itsSlot)) this.add(itsAccount, idLow, idHigh, itsOrder, itsSlot)
    }
  }

  parts(): Int32Array[] {
    return [Int32Array.of(this.#count), this.#table]
  }

  restore(head: Int32Array, table: Int32Array): void {
    this.#count = head[0] ?? 0
    this.#table.set(table)
  }

  /** Where the id is, or would be. */
  #place(ofAccount: number, idLow: number, idHigh: number): number {
    const table = this.#table
    let at = mix(ofAccount, idLow, idHigh) & this.#mask
    for (;;) {
      const place = at * entryWords
      const found = table[place + account]
      if (found === 0) return place
      if (found === ofAccount && table[place + low] === idLow && table[place + high] === idHigh) return place
      at = (at + 1) & this.#mask
    }
  }
}

/** Spreads ids that follow one another, and accounts that use the same. */
function mix(ofAccount: number, idLow: number, idHigh: number): number {
  let hash =
    Math.imul(idLow, 0x9e37_79b1) ^ Math.imul(idHigh, 0x85eb_ca6b) ^ Math.imul(ofAccount, 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return hash ^ (hash >>> 13)
}
