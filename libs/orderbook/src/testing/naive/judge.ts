import { noPrice, orderType, phase, postOnly, selfTrade, side, timeInForce } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import { isOwn } from './matching.ts'
import { reaches } from './order.ts'
import { hasPrice } from './shape.ts'
import type { State } from './state.ts'
import type { OrderFlags } from './words.ts'

/** What somebody wants to enter, or what an order is to become. */
export interface Proposal {
  readonly account: number
  readonly session: number
  readonly flags: number
  readonly is: OrderFlags
  readonly price: number
  readonly stop: number
  /** With what was executed. */
  readonly total: number
  /** Without. */
  readonly open: number
  readonly display: number
  readonly minimum: number
  readonly clientLow: number
  readonly clientHigh: number
  readonly amends: boolean
  /** Whether it is a stop that is not in the book. */
  readonly waits: boolean
}

/** Either why it is refused, or what its prices are. */
export interface Judgement {
  readonly reason: Reason
  /** The price that counts. */
  readonly price: number
  /** The stop price; 0 of other orders. */
  readonly stop: number
  readonly valuation: number
}

const refused = (why: Reason): Judgement => ({ reason: why, price: noPrice, stop: 0, valuation: 0 })

/** All checks in the order of their numbers, from 10 on. */
export const judge = (state: State, wish: Proposal): Judgement => {
  const { risk } = state
  const { account, flags } = wish

  const clientId =
    risk === undefined || wish.amends
      ? reason.none
      : risk.clientIdReason(account, wish.clientLow, wish.clientHigh)
  if (!wish.amends) {
    if (!state.hasFreeSlot()) return refused(reason.ordersFull)
    if (clientId === reason.clientIdsFull) return refused(clientId)
    if (state.entries >= 2 ** 31 - 1) return refused(reason.entriesExhausted)
  }

  const permission = mayAct(state, wish)
  if (permission !== reason.none) return refused(permission)

  const stop = stopPrice(state, wish)
  const prices = checkPrices(state, wish, stop)
  if (prices !== reason.none) return refused(prices)

  const ready = risk?.ready(account) ?? reason.none
  if (ready !== reason.none) return refused(ready)
  if (stop === undefined) return refused(reason.noReference)
  const effective = effectivePrice(state, wish)
  if (effective === undefined) return refused(reason.noLiquidity)

  if (clientId !== reason.none) return refused(clientId)
  if (risk !== undefined) {
    const value = valuationPrice(state, wish, effective, stop)
    const told = risk.check(account, flags, wish.price, value, wish.open, state.time, wish.amends)
    if (told !== reason.none) return refused(told)
  }

  const price = postedPrice(state, wish, effective)
  if (price === undefined) return refused(reason.wouldTrade)
  const immediate = checkImmediate(state, wish, price)
  if (immediate !== reason.none) return refused(immediate)
  return { reason: reason.none, price, stop, valuation: valuationPrice(state, wish, price, stop) }
}

/** Kill switches, the instrument, the account, the phase. */
const mayAct = (state: State, wish: Proposal): Reason => {
  if (state.killed) return reason.killed
  if (state.killedAccounts.has(wish.account)) return reason.accountKilled
  if (state.killedSessions.has(wish.session)) return reason.sessionKilled
  if (state.settings.active === 0) return reason.suspended
  const admitted = state.risk?.admits(wish.account, wish.flags) ?? reason.none
  if (admitted !== reason.none) return admitted
  return isTakenInPhase(state, wish) ? reason.none : reason.phase
}

const isTakenInPhase = (state: State, wish: Proposal): boolean => {
  if (state.phase === phase.continuous) return true
  if (!state.collects() || wish.minimum > 0) return false
  const { timeInForce: force, type } = wish.is
  if (force === timeInForce.fillOrKill) return false
  return !(type === orderType.limit && force === timeInForce.immediate)
}

/** 0 for orders without a stop; undefined for a trailing stop that has nothing to start from. */
const stopPrice = (state: State, wish: Proposal): number | undefined => {
  if (!wish.waits) return 0
  if (wish.is.type !== orderType.trailingStop) return wish.stop
  const base = state.last !== noPrice ? state.last : state.reference
  if (base === noPrice) return undefined
  return wish.is.side === side.buy ? base + wish.stop : base - wish.stop
}

const checkPrices = (state: State, wish: Proposal, stop: number | undefined): Reason => {
  const { settings } = state
  const { type } = wish.is
  const priced = hasPrice(type, wish.price)
  const offStep = (price: number): boolean => price % settings.priceStep !== 0
  const offLot = (quantity: number): boolean => quantity % settings.quantityStep !== 0

  if (priced && offStep(wish.price)) return reason.tick
  if (wish.waits && offStep(wish.stop)) return reason.tick

  if (offLot(wish.total)) return reason.lot
  if (!wish.amends && (offLot(wish.display) || offLot(wish.minimum))) return reason.lot

  const pricedByItself = priced && !(wish.waits && type === orderType.trailingStop)
  if (pricedByItself && !state.inBounds(wish.price)) return reason.priceBounds
  if (wish.waits && stop !== undefined && !state.inBounds(stop)) return reason.priceBounds

  if (wish.total > settings.largestOrder) return reason.quantityBounds

  const banded = type === orderType.limit || type === orderType.stopLimit
  if (banded && !state.inStaticBand(wish.price)) return reason.priceBand
  return reason.none
}

/** How far a market order may go; the price itself for others. Undefined if nothing says so. */
const effectivePrice = (state: State, wish: Proposal): number | undefined => {
  if (wish.is.type !== orderType.market) return wish.price
  const price = wish.price !== noPrice ? wish.price : unpricedLimit(state, wish)
  if (price === undefined || state.risk === undefined) return price
  return state.risk.collared(wish.account, wish.is.side, price)
}

const unpricedLimit = (state: State, wish: Proposal): number | undefined => {
  const buys = wish.is.side === side.buy
  const sign = buys ? 1 : -1
  if (state.phase !== phase.continuous) {
    if (!state.hasStaticBand()) return undefined
    return state.clamped(state.reference + sign * state.settings.staticRange)
  }
  const best = state.oppositeOf(buys)[0]
  if (best === undefined) return undefined
  if (state.settings.protection === 0) return buys ? state.config.highestPrice : state.config.lowestPrice
  return state.clamped(best.price + sign * state.settings.protection)
}

/** What risk values the order at: a trailing stop at its first stop and what it may go beyond. */
const valuationPrice = (state: State, wish: Proposal, price: number, stop: number): number => {
  if (state.risk === undefined) return 0
  const trails = wish.waits && wish.is.type === orderType.trailingStop
  const beyond = wish.is.side === side.buy ? stop + price : stop - price
  const effective = trails ? state.clamped(beyond) : price
  const asked = wish.is.type === orderType.market ? wish.price : price
  return state.risk.valuation(wish.flags, asked, effective)
}

/** The price after post-only; undefined if it would trade. */
const postedPrice = (state: State, wish: Proposal, price: number): number | undefined => {
  if (wish.is.postOnly === postOnly.no || state.phase !== phase.continuous) return price
  const buys = wish.is.side === side.buy
  const best = state.oppositeOf(buys)[0]
  if (best === undefined || !reaches(buys, price, best.price)) return price
  if (wish.is.postOnly === postOnly.reject) return undefined
  const inside = buys ? best.price - state.settings.priceStep : best.price + state.settings.priceStep
  return state.inBounds(inside) && state.inStaticBand(inside) ? inside : undefined
}

const checkImmediate = (state: State, wish: Proposal, price: number): Reason => {
  if (wish.is.timeInForce === timeInForce.fillOrKill) {
    return couldTrade(state, wish, price) < wish.open ? reason.notFillable : reason.none
  }
  if (wish.minimum > 0 && couldTrade(state, wish, price) < wish.minimum) return reason.minimumNotMet
  return reason.none
}

/** Lots that could trade at once, hidden parts included, with regard to own orders on the way. */
const couldTrade = (state: State, wish: Proposal, price: number): number => {
  const buys = wish.is.side === side.buy
  const opposite = state.oppositeOf(buys)
  const end = opposite.findIndex(
    (maker) => !reaches(buys, price, maker.price) || !state.inDynamicBand(maker.price),
  )
  const makers = end < 0 ? opposite : opposite.slice(0, end)
  const regardsOwn = wish.is.selfTrade !== selfTrade.allow
  const isOwnMaker = (maker: (typeof makers)[number]): boolean => regardsOwn && isOwn(state, wish, maker)

  if (wish.is.selfTrade === selfTrade.cancelOldest) {
    return sum(makers.filter((maker) => !isOwnMaker(maker)).map((maker) => maker.leaves))
  }
  const firstOwn = makers.findIndex(isOwnMaker)
  if (firstOwn < 0) return sum(makers.map((maker) => maker.leaves))
  const ownPrice = makers[firstOwn]?.price
  const before = makers.slice(0, firstOwn)
  return sum(before.map((maker) => (maker.price === ownPrice ? maker.displayed : maker.leaves)))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
