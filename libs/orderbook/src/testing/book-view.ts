import { phase } from '../layout.ts'
import { namesOf } from '../names.ts'
import type { PhaseName } from '../records.ts'
import type { NaiveMarket } from './naive/market.ts'

export const sides = ['buy', 'sell'] as const

export interface ShownOrder {
  readonly order: number
  readonly flags: number
  readonly price: number
  readonly leaves: number
  readonly displayed: number
}

export interface ShownLevel {
  readonly displayed: number
  readonly total: number
  readonly orders: number
}

/** What a market shows of its book, for the invariants. */
export interface BookView {
  readonly phase: PhaseName
  /** In priority. */
  orders(side: (typeof sides)[number]): Iterable<ShownOrder>
  level(side: (typeof sides)[number], price: number): ShownLevel
}

const phaseNames = namesOf(phase)

export const viewOfNaive = (market: NaiveMarket): BookView => {
  const listOf = (side: (typeof sides)[number]) => (side === 'buy' ? market.state.bids : market.state.asks)
  return {
    get phase() {
      return phaseNames.known(market.state.phase)
    },
    orders: (side) => listOf(side).map((order) => ({ ...order, order: order.number })),
    level: (side, price) => {
      const orders = listOf(side).filter((order) => order.price === price)
      return {
        displayed: orders.reduce((sum, order) => sum + order.displayed, 0),
        total: orders.reduce((sum, order) => sum + order.leaves, 0),
        orders: orders.length,
      }
    },
  }
}
