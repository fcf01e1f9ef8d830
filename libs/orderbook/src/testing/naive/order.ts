import { noPrice, orderType, side } from '../../layout.ts'
import type { OrderFlags } from './words.ts'

/** An order that lives, or is on its way in. */
export interface Order {
  readonly number: number
  readonly slot: number
  readonly account: number
  readonly session: number
  /** As entered, and what they mean. */
  readonly flags: number
  readonly is: OrderFlags
  /** In ticks; of a waiting trailing stop how far beyond its stop it may trade. */
  price: number
  /** In ticks; 0 if it never was a stop. */
  stop: number
  /** In ticks from the last price to the stop; 0 if it is no trailing stop. */
  distance: number
  /** Lots shown at a time; 0 shows everything. */
  readonly display: number
  displayed: number
  leaves: number
  executed: number
  /** In seconds; 0 is never. */
  readonly expiry: number
  readonly clientLow: number
  readonly clientHigh: number
  /** The price that risk values it at. */
  valuation: number
}

export const isBuy = (order: Pick<Order, 'is'>): boolean => order.is.side === side.buy

export const isStopType = (type: number): boolean =>
  type === orderType.stop || type === orderType.stopLimit || type === orderType.trailingStop

/** What an order shows when it comes to its level. */
export const freshlyShown = (order: Order): number =>
  order.display === 0 ? order.leaves : Math.min(order.display, order.leaves)

/** Whether an order of this side at `price` may trade at `other`. */
export const reaches = (buys: boolean, price: number, other: number): boolean =>
  buys ? price >= other : price <= other

export const clamp = (price: number, lowest: number, highest: number): number =>
  Math.max(lowest, Math.min(highest, price))

export const known = (price: number): boolean => price !== noPrice
