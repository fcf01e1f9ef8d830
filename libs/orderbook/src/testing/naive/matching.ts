import {
  noPrice,
  orderType,
  phase,
  phaseCause,
  place,
  recordKind,
  selfTrade,
  timeInForce,
} from '../../layout.ts'
import { reason } from '../../reasons.ts'
import { freshlyShown, isBuy, isStopType, type Order, reaches } from './order.ts'
import type { State } from './state.ts'
import type { OrderFlags } from './words.ts'

/** Sections 3 and 4: trades as far as its price reaches, then rests or is removed. */
export const takeAndRest = (state: State, taker: Order): void => {
  const stopped = take(state, taker)
  if (taker.leaves === 0) {
    forget(state, taker)
  } else if (mayRest(taker)) {
    rest(state, taker)
  } else {
    remove(state, taker, stopped ? reason.volatility : reason.unfilled, place.incoming)
  }
}

const mayRest = ({ is }: Order): boolean => {
  if (is.type === orderType.stopLimit) return true
  return (
    is.type === orderType.limit &&
    is.timeInForce !== timeInForce.immediate &&
    is.timeInForce !== timeInForce.fillOrKill
  )
}

export const rest = (state: State, order: Order): void => {
  order.displayed = freshlyShown(order)
  state.addToBook(order)
  state.records.order(recordKind.rested, order)
}

/** Returns whether the dynamic band ended it. */
const take = (state: State, taker: Order): boolean => {
  const buys = isBuy(taker)
  while (taker.leaves > 0) {
    const maker = state.oppositeOf(buys)[0]
    if (maker === undefined || !reaches(buys, taker.price, maker.price)) return false
    if (!state.inDynamicBand(maker.price)) {
      changePhase(state, phase.volatilityAuction, phaseCause.dynamicBand)
      return true
    }
    if (taker.is.selfTrade !== selfTrade.allow && isOwn(state, taker, maker)) prevent(state, taker, maker)
    else fill(state, taker, maker)
  }
  return false
}

export const changePhase = (state: State, next: number, cause: number): void => {
  state.records.phase({ phase: next, previous: state.phase, cause })
  state.phase = next
}

export const isOwn = (
  state: State,
  taker: { readonly account: number; readonly is: OrderFlags },
  maker: Order,
): boolean => {
  if (taker.account === maker.account) return true
  if (!taker.is.byGroup || state.risk === undefined) return false
  const group = state.risk.group(taker.account)
  return group !== 0 && group === state.risk.group(maker.account)
}

const fill = (state: State, taker: Order, maker: Order): void => {
  const quantity = Math.min(taker.leaves, maker.displayed)
  const price = maker.price
  execute(state, maker, quantity, price)
  execute(state, taker, quantity, price)
  recordTrade(state, taker, maker, quantity, price, taker.is.side)
  afterTrade(state, maker)
}

/** One side's part of a trade. */
export const execute = (state: State, order: Order, quantity: number, price: number): void => {
  order.leaves -= quantity
  order.executed += quantity
  if (order.displayed > 0) order.displayed -= quantity
  state.risk?.filled(order.account, order.flags, quantity, price, order.valuation, state.time)
}

/** @param side 2 in an auction. */
export const recordTrade = (
  state: State,
  taker: Order,
  maker: Order,
  quantity: number,
  price: number,
  side: number,
): void => {
  state.trades += 1
  state.last = price
  state.highestTraded = Math.max(state.highestTraded, price)
  state.lowestTraded = Math.min(state.lowestTraded, price)
  state.records.trade({ number: state.trades, price, quantity, side, ...bothSides(taker, maker) })
}

const bothSides = (taker: Order, maker: Order) => ({
  makerOrder: maker.number,
  makerSlot: maker.slot,
  makerAccount: maker.account,
  makerLeaves: maker.leaves,
  makerDisplayed: maker.displayed,
  takerOrder: taker.number,
  takerSlot: taker.slot,
  takerAccount: taker.account,
  takerLeaves: taker.leaves,
  takerDisplayed: taker.displayed,
})

/** An order in the book that traded is gone, or shows its next part at the end of its level. */
export const afterTrade = (state: State, order: Order): void => {
  if (order.leaves === 0) {
    forget(state, order)
  } else if (order.displayed === 0) {
    state.takeOut(order)
    order.displayed = freshlyShown(order)
    state.addToBook(order)
    state.records.order(recordKind.refreshed, order)
  }
}

const prevent = (state: State, taker: Order, maker: Order): void => {
  const { makerRemoved, takerRemoved } = lossesOf(taker, maker)
  lose(state, maker, makerRemoved)
  lose(state, taker, takerRemoved)
  const { takerDisplayed: _, ...sides } = bothSides(taker, maker)
  state.records.prevented({
    mode: taker.is.selfTrade,
    price: maker.price,
    side: taker.is.side,
    ...sides,
    makerRemoved,
    takerRemoved,
  })
  if (maker.leaves === 0) forget(state, maker)
}

const lossesOf = (taker: Order, maker: Order): { makerRemoved: number; takerRemoved: number } => {
  const both = Math.min(taker.leaves, maker.leaves)
  switch (taker.is.selfTrade) {
    case selfTrade.cancelNewest:
      return { makerRemoved: 0, takerRemoved: taker.leaves }
    case selfTrade.cancelOldest:
      return { makerRemoved: maker.leaves, takerRemoved: 0 }
    case selfTrade.cancelBoth:
      return { makerRemoved: maker.leaves, takerRemoved: taker.leaves }
    default:
      return { makerRemoved: both, takerRemoved: both }
  }
}

/** Lots that go without a trade. */
const lose = (state: State, order: Order, quantity: number): void => {
  if (quantity === 0) return
  order.leaves -= quantity
  order.displayed = Math.min(order.displayed, order.leaves)
  state.risk?.left(order.account, order.flags, quantity, order.valuation)
}

/** Records why what is left of it goes, and forgets it. */
export const remove = (state: State, order: Order, why: number, from: number): void => {
  state.records.order(recordKind.removed, order, { reason: why, place: from })
  lose(state, order, order.leaves)
  forget(state, order)
}

export const removeFromPlace = (state: State, order: Order, why: number): void =>
  remove(state, order, why, placeOf(state, order))

export const placeOf = (state: State, order: Order): number =>
  state.isInBook(order) ? place.book : place.stops

/** Shrinks an order where it is. */
export const reduce = (state: State, order: Order, quantity: number): void => {
  lose(state, order, quantity)
  state.records.order(recordKind.reduced, order, { reducedBy: quantity })
}

const forget = (state: State, order: Order): void => {
  state.takeOut(order)
  state.freeSlot(order.slot)
  state.risk?.ended(order.account)
}

/** An order that enters: waits for its stop, waits for the auction, or trades. */
export const admit = (state: State, order: Order, waits: boolean): void => {
  if (waits && !isTriggered(state, order)) {
    state.addToStops(order)
    state.records.order(recordKind.held, order)
  } else if (state.phase !== phase.continuous) {
    rest(state, order)
  } else {
    if (waits) trigger(state, order)
    else takeAndRest(state, order)
  }
}

const isTriggered = (state: State, order: Order): boolean =>
  state.phase === phase.continuous && state.last !== noPrice && reaches(isBuy(order), state.last, order.stop)

/** Section 6: what waited becomes a taker. */
export const trigger = (state: State, order: Order): void => {
  state.takeOut(order)
  if (isStopType(order.is.type) && order.is.type === orderType.trailingStop) {
    order.price = state.clamped(isBuy(order) ? order.stop + order.price : order.stop - order.price)
  }
  state.records.order(recordKind.triggered, order)
  takeAndRest(state, order)
}
