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
 *   level (of each price, of bids, asks, buy stops, sell stops; index 0 is the price that comes first)
 *     index            0        1        2        3 …
 *     bits             0        1        0        1         and a bit above for each 32 that hold any
 *     first, last      –      7, 9       –      4, 4        slots
 *     displayed        –      120        –       10         lots, as a double
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

/**
 * Places in memory are below 2^30. Said to the compiler by an `& within`, it spares it a test for an overflow at each of the
 * words that are reached from there.
 */
export const within = 0x3fff_ffff
