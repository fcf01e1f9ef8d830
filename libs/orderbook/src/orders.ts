import * as slots from './slot.ts'

const { aside, asideShift, at, slotShift } = slots

/** Slots, which of them are free, and the orders of each account and session in the order of entry. */
export class Orders {
  readonly words: Int32Array
  readonly aside: Int32Array
  readonly #capacity: number
  /** First and last of each account, then of each session. */
  readonly ofAccount: Int32Array
  readonly ofSession: Int32Array
  /** The slot freed last; 0 for none. */
  free = 0
  /** Slots ever used. */
  used = 0

  constructor(capacity: number, accounts: number, sessions: number) {
    this.#capacity = capacity
    this.words = new Int32Array((capacity + 1) << slotShift)
    this.aside = new Int32Array((capacity + 1) << asideShift)
    this.ofAccount = new Int32Array(2 * (accounts + 1))
    this.ofSession = new Int32Array(2 * (sessions + 1))
  }

  get full(): boolean {
    return this.free === 0 && this.used === this.#capacity
  }

  /** The slot that {@link take} gives next. */
  get next(): number {
    return this.free === 0 ? this.used + 1 : this.free
  }

  /** A slot, of which there must be one. */
  take(): number {
    const free = this.free
    if (free === 0) return ++this.used
    this.free = this.words[(free << slotShift) + at.next] as number
    return free
  }

  release(slot: number): void {
    const word = slot << slotShift
    this.words[word + at.order] = 0
    this.words[word + at.next] = this.free
    this.free = slot
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
    return this.ofAccount[2 * account] as number
  }

  firstOfSession(session: number): number {
    return this.ofSession[2 * session] as number
  }

  /** What the slots ever used hold. */
  usedWords(): Int32Array {
    return this.words.subarray(0, (this.used + 1) << slotShift)
  }

  usedAside(): Int32Array {
    return this.aside.subarray(0, (this.used + 1) << asideShift)
  }

  restore(
    free: Int32Array,
    words: Int32Array,
    beside: Int32Array,
    ofAccount: Int32Array,
    ofSession: Int32Array,
  ): void {
    this.free = free[0] ?? 0
    this.used = free[1] ?? 0
    this.words.set(words)
    this.aside.set(beside)
    this.ofAccount.set(ofAccount)
    this.ofSession.set(ofSession)
  }

  /** Makes it the last of its account and session. */
  link(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    append(words, this.ofAccount, words[word + at.account] as number, slot, at.accountNext)
    const session = words[word + at.session] as number
    if (session !== 0) append(words, this.ofSession, session, slot, at.sessionNext)
  }

  unlink(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    detach(words, this.ofAccount, words[word + at.account] as number, slot, at.accountNext)
    const session = words[word + at.session] as number
    if (session !== 0) detach(words, this.ofSession, session, slot, at.sessionNext)
  }
}

/** To the end of the list that `ends` holds first and last of; the word of the previous one follows that of the next. */
function append(words: Int32Array, ends: Int32Array, list: number, slot: number, next: number): void {
  const word = (slot << slotShift) + next
  const last = ends[2 * list + 1] as number
  words[word] = 0
  words[word + 1] = last
  if (last === 0) ends[2 * list] = slot
  else words[(last << slotShift) + next] = slot
  ends[2 * list + 1] = slot
}

function detach(words: Int32Array, ends: Int32Array, list: number, slot: number, next: number): void {
  const word = (slot << slotShift) + next
  const after = words[word] as number
  const before = words[word + 1] as number
  if (before === 0) ends[2 * list] = after
  else words[(before << slotShift) + next] = after
  if (after === 0) ends[2 * list + 1] = before
  else words[(after << slotShift) + next + 1] = before
}
