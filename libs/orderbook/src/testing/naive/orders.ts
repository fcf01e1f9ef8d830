import { noPrice, orderType, recordKind } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import { judge, type Proposal } from './judge.ts'
import { admit, placeOf, reduce, removeFromPlace } from './matching.ts'
import { isStopType, type Order } from './order.ts'
import { cannotBecome } from './shape.ts'
import type { State } from './state.ts'
import { readFlags, type Words } from './words.ts'

/** What the answer tells beside the words of the command. */
export interface Outcome {
  readonly reason: Reason
  readonly order?: number
  readonly slot?: number
  readonly price?: number
  readonly quantity?: number
}

export const done: Outcome = { reason: reason.none }
const refusedOrder = (why: Reason): Outcome => ({ reason: why, price: noPrice })

export const enter = (state: State, words: Words): Outcome => {
  const is = readFlags(words.flags)
  const waits = isStopType(is.type)
  const judgement = judge(state, {
    account: words.account,
    session: words.session,
    flags: words.flags,
    is,
    price: words.price,
    stop: words.stop,
    total: words.quantity,
    open: words.quantity,
    display: words.display,
    minimum: words.minimum,
    clientLow: words.clientLow,
    clientHigh: words.clientHigh,
    amends: false,
    waits,
  })
  if (judgement.reason !== reason.none) return refusedOrder(judgement.reason)

  state.entries += 1
  const order: Order = {
    number: state.entries,
    slot: state.takeSlot(),
    account: words.account,
    session: words.session,
    flags: words.flags,
    is,
    price: judgement.price,
    stop: judgement.stop,
    distance: is.type === orderType.trailingStop ? words.stop : 0,
    display: Math.min(words.display, words.quantity),
    displayed: 0,
    leaves: words.quantity,
    executed: 0,
    expiry: words.expiry,
    clientLow: words.clientLow,
    clientHigh: words.clientHigh,
    valuation: judgement.valuation,
  }
  const { number, slot, account } = order
  state.risk?.remember(account, words.clientLow, words.clientHigh, number, slot)
  state.risk?.entered(account, order.flags, order.leaves, order.valuation)
  admit(state, order, waits)
  return { reason: reason.none, order: number, slot, price: judgement.price, quantity: words.quantity }
}

/** The living order that the command means, if the command's account may touch it. */
const findOrder = (state: State, words: Words): Order | undefined => {
  const { account } = words
  const byId = words.order === 0 && account > 0 ? state.risk : undefined
  const number = byId?.orderOf(account, words.clientLow, words.clientHigh) ?? words.order
  const slot = byId?.find(account, words.clientLow, words.clientHigh) ?? words.slot
  const order = state.living().find((each) => each.number === number && each.slot === slot)
  return order !== undefined && (account === 0 || account === order.account) ? order : undefined
}

export const cancel = (state: State, words: Words): Outcome => {
  const order = findOrder(state, words)
  if (order === undefined) return { reason: reason.unknownOrder }
  const { number, slot, leaves } = order
  removeFromPlace(state, order, reason.requested)
  return { reason: reason.none, order: number, slot, quantity: leaves }
}

export const amend = (state: State, words: Words): Outcome => {
  const order = findOrder(state, words)
  if (order === undefined) return refusedOrder(reason.unknownOrder)
  const held = state.isHeld(order)
  if (cannotBecome(order, held, words)) return refusedOrder(reason.malformed)

  const answered = { reason: reason.none, order: order.number, slot: order.slot, quantity: words.quantity }
  if (words.quantity <= order.executed) {
    removeFromPlace(state, order, reason.belowExecuted)
    return { ...answered, price: order.price }
  }
  if (isSamePlace(order, held, words) && words.quantity <= order.executed + order.leaves) {
    if (words.quantity % state.settings.quantityStep !== 0) return refusedOrder(reason.lot)
    reduce(state, order, order.executed + order.leaves - words.quantity)
    return { ...answered, price: order.price }
  }
  const refusal = replace(state, order, held, words)
  return refusal === reason.none ? { ...answered, price: order.price } : refusedOrder(refusal)
}

const isSamePlace = (order: Order, held: boolean, words: Words): boolean => {
  if (words.price !== order.price) return false
  if (!held) return true
  return words.stop === (order.is.type === orderType.trailingStop ? order.distance : order.stop)
}

/** The order loses its place and enters again. */
const replace = (state: State, order: Order, held: boolean, words: Words): Reason => {
  const { risk } = state
  const { account, flags } = order
  risk?.left(account, flags, order.leaves, order.valuation)
  risk?.ended(account)
  const judgement = judge(state, proposalOf(order, held, words))
  if (judgement.reason !== reason.none) {
    risk?.entered(account, flags, order.leaves, order.valuation)
    return judgement.reason
  }

  state.records.order(recordKind.removed, order, { reason: reason.replaced, place: placeOf(state, order) })
  state.takeOut(order)
  order.price = judgement.price
  order.valuation = judgement.valuation
  order.leaves = words.quantity - order.executed
  order.displayed = 0
  if (held) order.stop = judgement.stop
  if (held && order.is.type === orderType.trailingStop) order.distance = words.stop
  risk?.entered(account, flags, order.leaves, order.valuation)
  admit(state, order, held)
  return reason.none
}

const proposalOf = (order: Order, held: boolean, words: Words): Proposal => ({
  account: order.account,
  session: order.session,
  flags: order.flags,
  is: order.is,
  price: words.price,
  stop: words.stop,
  total: words.quantity,
  open: words.quantity - order.executed,
  display: order.display,
  minimum: 0,
  clientLow: order.clientLow,
  clientHigh: order.clientHigh,
  amends: true,
  waits: held,
})
