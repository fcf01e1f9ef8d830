import type { Engine } from '../engine.ts'
import { phase, side } from '../layout.ts'
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
  orders(of: (typeof sides)[number]): Iterable<ShownOrder>
  level(of: (typeof sides)[number], price: number): ShownLevel
}

const phaseNames = namesOf(phase)

export const viewOfNaive = (market: NaiveMarket): BookView => {
  const listOf = (of: (typeof sides)[number]) => (of === 'buy' ? market.state.bids : market.state.asks)
  return {
    get phase() {
      return phaseNames.known(market.state.phase)
    },
    orders: (of) => listOf(of).map((order) => ({ ...order, order: order.number })),
    level: (of, price) => {
      const orders = listOf(of).filter((order) => order.price === price)
      return {
        displayed: orders.reduce((sum, order) => sum + order.displayed, 0),
        total: orders.reduce((sum, order) => sum + order.leaves, 0),
        orders: orders.length,
      }
    },
  }
}

export const viewOfEngine = (engine: Engine): BookView => ({
  get phase() {
    return phaseNames.known(engine.phase)
  },
  orders: (of) => {
    const shown: ShownOrder[] = []
    engine.eachOrder(side[of], (order, _slot, _account, flags, price, leaves, displayed) =>
      shown.push({ order, flags, price, leaves, displayed }),
    )
    return shown
  },
  level: (of, price) => engine.level(side[of], price),
})
