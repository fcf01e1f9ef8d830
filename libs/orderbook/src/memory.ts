import * as slots from './slot.ts'
import type { MarketConfig } from './types.ts'

const { slotShift } = slots

/** Where the market's own numbers are that the short way uses; numbers of two words are low, then high. */
export const cell = {
  /** Whether the short way has to be left: see {@link Gate}. */
  gate: 0,
  sequenceLow: 1,
  sequenceHigh: 2,
  timeLow: 3,
  timeHigh: 4,
  entries: 5,
  trades: 6,
  lastPrice: 7,
  /** The slot freed last, and how many slots were ever used. */
  free: 8,
  used: 9,
  /** Index of the best level of bids, asks, buy stops, sell stops. */
  best: 10,
  /** Copies of what a command may be, for the short way: see {@link Gate}. */
  lowest: 14,
  highest: 15,
  priceStep: 16,
  quantityStep: 17,
  largestOrder: 18,
} as const

/** Words of an account or session: its first and last order in the order of entry, and 1 if it was killed. */
export const ownerShift = 2
export const owner = { first: 0, last: 1, killed: 2 } as const

/** Words of a level: its first and last slot; as doubles: one of them, then the lots displayed. */
export const levelShift = 2

/** Slot 0, which is none, begins here. */
export const slotsAt = 64

/**
 * One block of memory for what nearly every command touches, so that the short way has one array at hand and not a dozen:
 *
 * ```
 *   words   0             the market's own numbers: see cell
 *           slotsAt       slots: see slot.ts
 *           accountsAt    owners by account
 *           sessionsAt    owners by session
 *           bidsAt        levels of bids, asks, buy stops, sell stops, by index
 * ```
 *
 * What needs only a part of it gets a view of that part.
 */
export class Memory {
  readonly ints: Int32Array
  /** The same memory. */
  readonly doubles: Float64Array
  readonly accountsAt: number
  readonly sessionsAt: number
  readonly bidsAt: number
  readonly asksAt: number
  /** Words of the levels of a ladder. */
  readonly levelWords: number

  constructor({ orders, accounts, sessions, lowestPrice, highestPrice }: Sizes) {
    const levelWords = (highestPrice - lowestPrice + 1) << levelShift
    this.accountsAt = slotsAt + ((orders + 1) << slotShift)
    this.sessionsAt = this.accountsAt + ((accounts + 1) << ownerShift)
    const levelsAt = this.sessionsAt + ((sessions + 1) << ownerShift)
    this.bidsAt = levelsAt
    this.asksAt = levelsAt + levelWords
    this.levelWords = levelWords
    const buffer = new ArrayBuffer((levelsAt + 4 * levelWords) * Int32Array.BYTES_PER_ELEMENT)
    this.ints = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }

  /** Slots, from slot 0 on. */
  get slots(): Int32Array {
    return this.ints.subarray(slotsAt, this.accountsAt)
  }

  get accounts(): Int32Array {
    return this.ints.subarray(this.accountsAt, this.sessionsAt)
  }

  get sessions(): Int32Array {
    return this.ints.subarray(this.sessionsAt, this.bidsAt)
  }

  /** @param number 0 bids, 1 asks, 2 buy stops, 3 sell stops */
  ladder(number: 0 | 1 | 2 | 3): LadderMemory {
    const from = this.bidsAt + number * this.levelWords
    const to = from + this.levelWords
    return {
      best: this.ints.subarray(cell.best + number, cell.best + number + 1),
      levels: this.ints.subarray(from, to),
      sums: this.doubles.subarray(from / 2, to / 2),
    }
  }
}

type Sizes = Pick<MarketConfig, 'orders' | 'accounts' | 'sessions' | 'lowestPrice' | 'highestPrice'>

/** What a ladder writes to: the index of its best level, its levels, and the same as doubles. */
export interface LadderMemory {
  readonly best: Int32Array
  readonly levels: Int32Array
  readonly sums: Float64Array
}
