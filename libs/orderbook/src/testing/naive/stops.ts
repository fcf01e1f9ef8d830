import { noPrice, orderType, phase } from '../../layout.ts'
import { trigger } from './matching.ts'
import { isBuy, type Order } from './order.ts'
import type { State } from './state.ts'

/** Section 6, after the command's own effects. */
export const settleStops = (state: State, enteredContinuous: boolean): void => {
  const traded = (): boolean => state.trades > state.tradesBefore
  if (enteredContinuous && !traded() && state.last !== noPrice) {
    state.highestTraded = state.last
    state.lowestTraded = state.last
  }
  let next = nextTriggered(state)
  while (next !== undefined) {
    trigger(state, next)
    next = nextTriggered(state)
  }
  if (traded()) followLastPrice(state)
}

const nextTriggered = (state: State): Order | undefined => {
  if (state.phase !== phase.continuous) return undefined
  const buy = state.buyStops[0]
  if (buy !== undefined && buy.stop <= state.highestTraded) return buy
  const sell = state.sellStops[0]
  if (sell !== undefined && sell.stop >= state.lowestTraded) return sell
  return undefined
}

const followLastPrice = (state: State): void => {
  const trailing = state
    .inOrderOfEntry()
    .filter((order) => order.is.type === orderType.trailingStop && state.isHeld(order))
  for (const order of trailing.filter(isBuy)) {
    moveStop(state, order, Math.min(order.stop, state.last + order.distance))
  }
  for (const order of trailing.filter((each) => !isBuy(each))) {
    moveStop(state, order, Math.max(order.stop, state.last - order.distance))
  }
}

const moveStop = (state: State, order: Order, stop: number): void => {
  const clamped = state.clamped(stop)
  if (clamped === order.stop) return
  state.takeOut(order)
  order.stop = clamped
  state.addToStops(order)
}
