import type { Memory } from './memory.ts'
import * as memories from './memory.ts'
import { append, detach } from './owners.ts'
import * as slots from './slot.ts'

const { cell, owner, ownerShift, slotsAt } = memories
const { aside, asideShift, at, slotShift } = slots

/** Slots, which of them are free, and the orders of each account and session in the order of entry. */
export class Orders {
  readonly words: Int32Array
  readonly aside: Int32Array
  readonly #capacity: number
  readonly #memory: Memory
  readonly #cells: Int32Array
  /** By account and by session: see `owner`. */
  readonly accounts: Int32Array
  readonly sessions: Int32Array

  constructor(memory: Memory, capacity: number) {
    this.#capacity = capacity
    this.#memory = memory
    this.#cells = memory.ints
    this.words = memory.slots
    this.aside = new Int32Array((capacity + 1) << asideShift)
    this.accounts = memory.accounts
    this.sessions = memory.sessions
  }

  get full(): boolean {
    return this.#cells[cell.free] === 0 && this.used === this.#capacity
  }

  /** Slots ever used. */
  get used(): number {
    return this.#cells[cell.used] as number
  }

  /** A slot, of which there must be one. */
  take(): number {
    const cells = this.#cells
    const free = cells[cell.free] as number
    if (free === 0) {
      const slot = this.used + 1
      cells[cell.used] = slot
      return slot
    }
    cells[cell.free] = this.words[(free << slotShift) + at.next] as number
    return free
  }

  release(slot: number): void {
    const word = slot << slotShift
    this.words[word + at.order] = 0
    this.words[word + at.next] = this.#cells[cell.free] as number
    this.#cells[cell.free] = slot
  }

  /** Whether that order lives in that slot. */
  has(order: number, slot: number): boolean {
    return order > 0 && slot > 0 && slot <= this.used && this.words[(slot << slotShift) + at.order] === order
  }

  /** The stop price of an order of a stop type; of a trailing stop the present one. */
  stop(slot: number): number {
    return this.aside[(slot << asideShift) + aside.stop] as number
  }

  firstOfAccount(account: number): number {
    return this.accounts[(account << ownerShift) + owner.first] as number
  }

  firstOfSession(session: number): number {
    return this.sessions[(session << ownerShift) + owner.first] as number
  }

  /** Session 0 is none, and is never killed. */
  isAccountKilled(account: number): boolean {
    return this.accounts[(account << ownerShift) + owner.killed] !== 0
  }

  isSessionKilled(session: number): boolean {
    return this.sessions[(session << ownerShift) + owner.killed] !== 0
  }

  /** @param on 1 to kill, 0 to let it go on */
  killAccount(account: number, on: number): void {
    this.accounts[(account << ownerShift) + owner.killed] = on
  }

  killSession(session: number, on: number): void {
    this.sessions[(session << ownerShift) + owner.killed] = on
  }

  /** What the slots ever used hold, for snapshots. */
  parts(): Int32Array[] {
    return [
      Int32Array.of(this.#cells[cell.free] as number, this.used),
      this.words.subarray(0, (this.used + 1) << slotShift),
      this.aside.subarray(0, (this.used + 1) << asideShift),
      this.accounts,
      this.sessions,
    ]
  }

  /** Takes over {@link parts} of orders of the same sizes. */
  restore(
    head: Int32Array,
    words: Int32Array,
    beside: Int32Array,
    accounts: Int32Array,
    sessions: Int32Array,
  ): void {
    this.#cells[cell.free] = head[0] ?? 0
    this.#cells[cell.used] = head[1] ?? 0
    this.words.set(words)
    this.aside.set(beside)
    this.accounts.set(accounts)
    this.sessions.set(sessions)
  }

  /** Makes it the last of its account and session. */
  link(slot: number): void {
    const { ints, accountsAt, sessionsAt } = this.#memory
    const word = (slot << slotShift) + slotsAt
    const account = ints[word + at.account] as number
    const session = ints[word + at.session] as number
    append(ints, accountsAt + (account << ownerShift), word, slot, at.accountNext)
    if (session !== 0) append(ints, sessionsAt + (session << ownerShift), word, slot, at.sessionNext)
  }

  unlink(slot: number): void {
    const { ints, accountsAt, sessionsAt } = this.#memory
    const word = (slot << slotShift) + slotsAt
    const account = ints[word + at.account] as number
    const session = ints[word + at.session] as number
    detach(ints, accountsAt + (account << ownerShift), word, at.accountNext)
    if (session !== 0) detach(ints, sessionsAt + (session << ownerShift), word, at.sessionNext)
  }
}
