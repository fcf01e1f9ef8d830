import { noPrice, orderFlags, orderType, type ReasonName } from '@florin/orderbook'
import type { EventCode } from './order-event.ts'

/** What is recorded of an order that nobody knows. */
export const unknownOrder = {
  orderId: null,
  flags: 0,
  price: null,
  stop: 0,
  display: 0,
  minimum: 0,
  expiry_s: 0,
  active: false,
  initial: 0,
  executed: 0,
  leaves: 0,
  displayed: 0,
} as const

/** Why an order left, in the codes of the regulation. What is not here was cancelled by whoever sent the command. */
export const removals: Partial<Record<ReasonName, EventCode>> = {
  requested: 'CAME',
  belowExecuted: 'CAME',
  unfilled: 'CAMO',
  selfTrade: 'CAMO',
  volatility: 'CAMO',
  afterAuction: 'CAMO',
  killSwitch: 'CAMO',
  expired: 'EXPI',
  endOfDay: 'EXPI',
}

/** Whether an order of these flags is a stop. */
export function waits(flags: number): boolean {
  return ((flags >>> orderFlags.type.shift) & 7) >= orderType.stop
}

/** Lots that the book shows of an order. */
export function shown(display: number, leaves: number): number {
  return display > 0 ? Math.min(display, leaves) : leaves
}

/** A word of the engine as a price; null: none. */
export function priceOf(price: number): number | null {
  return price === noPrice ? null : price
}
