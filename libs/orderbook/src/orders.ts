/**
 * Where orders live. An order is a slot: 16 words that every command touches, which are one line of memory, and 4 beside
 * them that only stops and orders with an expiry use. 80 bytes in all.
 *
 * ```
 *   words of a slot    0 order    1 account   2 session    3 flags
 *                      4 price    5 leaves    6 displayed  7 display
 *                      8 executed 9 valuation 10 next      11 previous     in its level
 *                     12 next    13 previous  of its account
 *                     14 next    15 previous  of its session
 *   words beside       0 stop     1 expiry    2 place in the heap          3 previous trailing stop
 *
 *   ladder (one for each of bids, asks, buy stops, sell stops; index 0 is the price that comes first)
 *     index            0        1        2        3 …
 *     bits             0        1        0        1         and a bit above for each 32 that hold any
 *     first, last      –      7, 9       –      4, 4        slots
 *     displayed, total –    120, 180     –     10, 10       lots
 *                              │
 *                              └─ slot 7 ⇄ slot 2 ⇄ slot 9  in the order of arrival
 * ```
 */
export const slotShift = 4
export const asideShift = 2

/** Words of a slot. Slot 0 stands for none. */
export const at = {
  /** 0 while the slot is free. */
  order: 0,
  account: 1,
  session: 2,
  /** As entered, and {@link isHeld}. */
  flags: 3,
  price: 4,
  leaves: 5,
  /** Of the leaves, what the book shows; 0 while it does not rest in it. */
  displayed: 6,
  /** What an iceberg shows at a time; 0 shows everything. Of a trailing stop: its distance. */
  display: 7,
  /** Lots. Of a trailing stop, which is gone once it traded: the next one in the order of entry. */
  executed: 8,
  /** The price it was valued at by risk. */
  valuation: 9,
  /** In its level. Of a free slot: the next free one. */
  next: 10,
  previous: 11,
  accountNext: 12,
  accountPrevious: 13,
  sessionNext: 14,
  sessionPrevious: 15,
} as const

export const aside = { stop: 0, expiry: 1, heap: 2, trailingPrevious: 3 } as const

/** Bit of a slot's flags: a stop that waits. Bits below are those of the command. */
export const isHeld = 1 << 16
export const enteredFlags = 0xffff

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
