import * as slots from '../slot.ts'
import * as entries from './id-entries.ts'
import { IdPages } from './id-pages.ts'
import { IdTable } from './id-table.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { entry, entryWords } = entries
const { within } = slots

/** High words of ids below 2^52, which are numbers. */
const mostHigh = 2 ** 20 - 1
const twoTo32 = 0x1_0000_0000

/**
 * Client ids by account, and the order that each names. Entries are only added during a day, so that there is nothing to
 * delete; the end of the day builds them anew.
 *
 * Clients mostly count upwards. An id above all that its account used is new without a look at them, and their order is the
 * order of entry: such ids are found by halving. Others are found by a hash of theirs.
 */
export class ClientIds {
  readonly #capacity: number
  /** From entry 1 on; 0 stands for none. */
  readonly #entries: Int32Array
  /** By account: the highest id below 2^52 that was ever claimed. */
  readonly #highest: Float64Array
  readonly #rising: IdPages
  readonly #others: IdTable
  #count = 0

  /** @param capacity ids remembered at a time, at most 2^22 */
  constructor(capacity: number, accounts: number) {
    this.#capacity = capacity
    this.#entries = new Int32Array((capacity + 1) * entryWords)
    this.#highest = new Float64Array(accounts + 1)
    this.#rising = new IdPages(this.#entries, capacity, accounts)
    this.#others = new IdTable(this.#entries, capacity)
    // the machine gives the memory now, and not page by page while orders wait
    this.#entries.fill(0)
  }

  get full(): boolean {
    return this.#count >= this.#capacity
  }

  /** Ids are two words of 32 bits, as in a command. */
  has(account: number, low: number, high: number): boolean {
    return this.#find(account, low, high) !== 0
  }

  /** The order's slot when it was entered; 0 for an unknown id. The order may be gone. */
  slot(account: number, low: number, high: number): number {
    return this.#entries[this.#find(account, low, high) * entryWords + entry.slot] as number
  }

  /** The order's number; 0 for an unknown id. */
  order(account: number, low: number, high: number): number {
    return this.#entries[this.#find(account, low, high) * entryWords + entry.order] as number
  }

  /** Makes the id known, unless it is already or there is no room. */
  claim(account: number, low: number, high: number, order: number, slot: number): boolean {
    if (this.#count >= this.#capacity) return false
    const id = high * twoTo32 + (low >>> 0)
    const rises = high >= 0 && high <= mostHigh && id > (this.#highest[account] as number)
    if (!rises && this.#find(account, low, high) !== 0) return false
    const number = this.#count + 1
    const words = this.#entries
    const at = (number * entryWords) & within
    this.#count = number
    words[at + entry.account] = account
    words[at + entry.low] = low
    words[at + entry.high] = high
    words[at + entry.order] = order
    words[at + entry.slot] = slot
    if (rises) {
      this.#highest[account] = id
      this.#rising.add(account, number)
    } else {
      this.#others.add(number)
    }
    return true
  }

  /** Forgets the ids of orders that are gone. */
  keep(alive: (order: number, slot: number) => boolean): void {
    this.#fill(this.#used().slice(), alive)
  }

  parts(): Int32Array[] {
    return [Int32Array.of(this.#count), this.#used()]
  }

  restore(head: Int32Array, words: Int32Array): void {
    if (head[0] !== words.length / entryWords || head[0] > this.#capacity)
      throw new RangeError('The snapshot is of another number of client ids')
    this.#fill(words, () => true)
  }

  #used(): Int32Array {
    return this.#entries.subarray(entryWords, (this.#count + 1) * entryWords)
  }

  #fill(words: Int32Array, wanted: (order: number, slot: number) => boolean): void {
    this.#count = 0
    this.#highest.fill(0)
    this.#rising.clear()
    this.#others.clear()
    for (let at = 0; at < words.length; at += entryWords) {
      const [account = 0, low = 0, high = 0, order = 0, slot = 0] = words.subarray(at, at + entryWords)
      if (wanted(order, slot)) this.claim(account, low, high, order, slot)
    }
  }

  /** The number of the id's entry; 0 if it is unknown. */
  #find(account: number, low: number, high: number): number {
    const isNumber = high >= 0 && high <= mostHigh
    const rising = isNumber ? this.#rising.find(account, high * twoTo32 + (low >>> 0)) : 0
    return rising === 0 ? this.#others.find(account, low, high) : rising
  }
}
