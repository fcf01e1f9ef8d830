import type { Book } from './book.ts'
import * as layout from './layout.ts'
import * as memories from './memory.ts'

const { noPrice, phase } = layout
const { cell } = memories

const twoTo32 = 0x1_0000_0000

/** What the gate says. Open: nothing but the clock and what is in the command can keep it from the short way. */
const gate = { open: 0, expiring: 1, closed: 2 } as const

/**
 * Tells the short way what it may do, in a few cells: to be called after every command that could have changed any of it, which
 * are those that went the long way or traded.
 *
 * A resting order strictly inside the static band neither starts nor ends a limit state, and a cancelled one doesn't start one.
 */
export function setGate(book: Book): void {
  const { ints } = book.memory
  const { config, state, expiries } = book
  const { referencePrice, staticRange } = state
  const isBanded = staticRange !== 0 && referencePrice !== noPrice
  const isClosed =
    state.phase !== phase.continuous || state.killed !== 0 || state.active === 0 || state.limitState !== 0
  ints[cell.gate] = isClosed ? gate.closed : expiries.isEmpty ? gate.open : gate.expiring
  ints[cell.lowest] = isBanded
    ? Math.max(config.lowestPrice, referencePrice - staticRange + 1)
    : config.lowestPrice
  ints[cell.highest] = isBanded
    ? Math.min(config.highestPrice, referencePrice + staticRange - 1)
    : config.highestPrice
  ints[cell.priceStep] = state.priceStep
  ints[cell.quantityStep] = state.quantityStep
  ints[cell.largestOrder] = state.largestOrder
}

/** Whether a command at that time has to leave the short way: to be asked where the cell is not 0. */
export function isShut({ memory, expiries }: Book, timeLow: number, timeHigh: number): boolean {
  if (memory.ints[cell.gate] === gate.closed) return true
  return timeHigh * twoTo32 + (timeLow >>> 0) >= expiries.earliestUs
}
