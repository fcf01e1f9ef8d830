import * as slots from '../slot.ts'
import * as entries from './id-entries.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { entry, entryWords } = entries
const { within } = slots

const twoTo32 = 0x1_0000_0000

/** A page: the one before, one further back, how many come before, then numbers of entries to its end. */
const pageWords = 64
const inPage = pageWords - 1
const previous = 0
const jump = 1
const depth = 2
const head = 3

/**
 * Ids that only rise, by account, in pages that are filled one after another. Adding one writes a word beside the one before.
 *
 * Each page knows the one before it and one further back, chosen so that any page is reached in logarithmically many steps
 * (E. W. Myers, An applicative random-access stack, Information Processing Letters 17, 1983).
 */
export class IdPages {
  readonly #entries: Int32Array
  /** Where an account's next number goes; 0 if it has no page. At the beginning of a page: the page before is full. */
  readonly #ends: Int32Array
  /** Page 0 is none. */
  #pages: Int32Array
  #used = pageWords

  constructor(ids: Int32Array, capacity: number, accounts: number) {
    this.#entries = ids
    this.#ends = new Int32Array(accounts + 1)
    const full = Math.ceil(capacity / (pageWords - head))
    this.#pages = new Int32Array((1 + full + Math.min(accounts, capacity, 4_096)) * pageWords).fill(0)
  }

  clear(): void {
    this.#ends.fill(0)
    this.#used = pageWords
  }

  /** @param number of an entry whose id is above all that the account added before */
  add(account: number, number: number): void {
    const end = this.#ends[account] as number
    const at = (end & inPage) === 0 ? this.#open(end) : end
    this.#pages[at] = number
    this.#ends[account] = at + 1
  }

  /** The number of the entry with that id; 0 for none. */
  find(account: number, id: number): number {
    const end = this.#ends[account] as number
    if (end === 0) return 0
    const newest = (end - 1) & ~inPage
    const page = this.#pageOf(newest, id)
    if (page === 0) return 0
    const pages = this.#pages
    let low = page + head
    let high = page === newest ? end : page + pageWords
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#idOf(pages[middle] as number) <= id) low = middle
      else high = middle
    }
    const number = pages[low] as number
    return this.#idOf(number) === id ? number : 0
  }

  /** The newest page that doesn't begin above the id; 0 if all do. */
  #pageOf(newest: number, id: number): number {
    const pages = this.#pages
    let page = newest
    while (page !== 0 && this.#firstOf(page) > id) {
      const further = pages[page + jump] as number
      page = further !== 0 && this.#firstOf(further) > id ? further : (pages[page + previous] as number)
    }
    return page
  }

  #firstOf(page: number): number {
    return this.#idOf(this.#pages[page + head] as number)
  }

  #idOf(number: number): number {
    const at = (number * entryWords) & within
    const low = this.#entries[at + entry.low] as number
    return (this.#entries[at + entry.high] as number) * twoTo32 + (low >>> 0)
  }

  /** A new page of an account; returns where its first number goes. */
  #open(end: number): number {
    const page = this.#used
    this.#used += pageWords
    if (this.#used > this.#pages.length) this.#grow()
    const pages = this.#pages
    const before = end === 0 ? 0 : end - pageWords
    const further = pages[before + jump] as number
    const furthest = pages[further + jump] as number
    const isEven =
      (pages[before + depth] as number) - (pages[further + depth] as number) ===
      (pages[further + depth] as number) - (pages[furthest + depth] as number)
    pages[page + previous] = before
    pages[page + jump] = before !== 0 && isEven ? furthest : before
    pages[page + depth] = (pages[before + depth] as number) + 1
    return page + head
  }

  #grow(): void {
    const larger = new Int32Array(this.#pages.length * 2)
    larger.set(this.#pages)
    this.#pages = larger
  }
}
