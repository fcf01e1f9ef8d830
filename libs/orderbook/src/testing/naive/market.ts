import {
  commandType,
  limitState,
  marketSetting,
  noPrice,
  phase,
  phaseCause,
  timeInForce,
} from '../../layout.ts'
import { reason } from '../../reasons.ts'
import type { Market, MarketConfig } from '../../types.ts'
import { indicate, uncross } from './auction.ts'
import { changePhase, removeFromPlace } from './matching.ts'
import { isBuy, type Order } from './order.ts'
import { amend, cancel, done, enter, type Outcome } from './orders.ts'
import { NaiveRisk } from './risk.ts'
import { hasTime, isMalformed } from './shape.ts'
import { isCollecting, State } from './state.ts'
import { settleStops } from './stops.ts'
import { highWord, join, lowWord, readWords, type Words } from './words.ts'

/** The rules of the book in obvious code: the oracle of the engine. */
export class NaiveMarket implements Market {
  readonly state: State
  #records: Int32Array = new Int32Array(0)

  constructor(config: MarketConfig) {
    this.state = new State(config, config.risk ? new NaiveRisk(config) : undefined)
  }

  get sequence(): number {
    return this.state.sequence
  }

  get records(): Int32Array {
    return this.#records
  }

  apply(commands: Int32Array, offset: number): number {
    const { state } = this
    const words = readWords(commands, offset)
    state.beginCommand()
    if (hasTime(words)) state.time = Math.max(state.time, join(words.timeLow, words.timeHigh))
    expire(state)

    const phaseBefore = state.phase
    const outcome = carryOut(state, words)
    const enteredContinuous = words.type === commandType.phase && phaseBefore !== phase.continuous
    settleStops(state, enteredContinuous && state.phase === phase.continuous)
    tellLimitState(state)
    tellAccountStates(state)
    answerWith(state, words, outcome)

    this.#records = state.records.toWords()
    return state.records.count
  }
}

const answerWith = (state: State, words: Words, outcome: Outcome): void =>
  state.records.answer({
    sequenceLow: lowWord(state.sequence),
    sequenceHigh: highWord(state.sequence),
    type: words.type,
    reason: outcome.reason,
    order: outcome.order ?? 0,
    slot: outcome.slot ?? 0,
    account: words.account,
    session: words.session,
    flags: words.flags,
    price: outcome.price ?? 0,
    quantity: outcome.quantity ?? 0,
    timeLow: lowWord(state.time),
    timeHigh: highWord(state.time),
  })

const expire = (state: State): void => {
  const due = state
    .inOrderOfEntry()
    .filter(({ expiry }) => expiry !== 0 && expiry * 1_000_000 <= state.time)
    .sort((one, other) => one.expiry - other.expiry)
  for (const order of due) removeFromPlace(state, order, reason.expired)
}

const needsRisk: readonly number[] = [commandType.account, commandType.mark, commandType.adjust]
const needsAccount: readonly number[] = [commandType.enter, commandType.account, commandType.adjust]
const answersPrice: readonly number[] = [commandType.enter, commandType.amend]

const carryOut = (state: State, words: Words): Outcome => {
  const refused = (why: Outcome['reason']): Outcome =>
    answersPrice.includes(words.type) ? { reason: why, price: noPrice } : { reason: why }

  const isKnown = Object.values<number>(commandType).includes(words.type)
  if (!isKnown || (state.risk === undefined && needsRisk.includes(words.type))) {
    return refused(reason.unknownCommand)
  }
  if (isMalformed(state.config, words, state.time)) return refused(reason.malformed)
  const lowestAccount = needsAccount.includes(words.type) ? 1 : 0
  if (words.account < lowestAccount || words.account > state.config.accounts) {
    return refused(reason.unknownAccount)
  }
  return dispatch(state, words)
}

const dispatch = (state: State, words: Words): Outcome => {
  const { risk } = state
  switch (words.type) {
    case commandType.enter:
      return enter(state, words)
    case commandType.amend:
      return amend(state, words)
    case commandType.cancel:
      return cancel(state, words)
    case commandType.massCancel:
      return removeAll(state, massCancelled(state, words), reason.massCancelled)
    case commandType.phase:
      return enterPhase(state, words)
    case commandType.reference:
      return setReference(state, words)
    case commandType.set:
      return changeSetting(state, words)
    case commandType.indicate:
      if (!isReference(state, words.price)) return { reason: reason.priceBounds }
      indicate(state, words.price)
      return done
    case commandType.endOfDay:
      return endOfDay(state)
    case commandType.account:
      return { reason: risk?.set(words.account, words.flags, join(words.clientLow, words.clientHigh)) ?? 0 }
    case commandType.mark:
      if (!state.inBounds(words.price)) return { reason: reason.priceBounds }
      return { reason: risk?.mark(words.price) ?? 0 }
    case commandType.kill:
      return kill(state, words)
    case commandType.adjust:
      if (!state.inBounds(words.price)) return { reason: reason.priceBounds }
      return { reason: risk?.adjust(words.account, words.flags, words.quantity, words.price) ?? 0 }
    default:
      return done
  }
}

const removeAll = (state: State, orders: readonly Order[], why: number): Outcome => {
  for (const order of orders) removeFromPlace(state, order, why)
  return { reason: reason.none, quantity: orders.length }
}

/** Orders of an account, of a session, of both or of neither, in the order in which they go. */
const ordersOf = (state: State, { account, session }: Words): Order[] => {
  if (account === 0 && session === 0) return state.living()
  return state
    .inOrderOfEntry()
    .filter((order) => account === 0 || order.account === account)
    .filter((order) => session === 0 || order.session === session)
}

const massCancelled = (state: State, words: Words): Order[] => {
  const orders = ordersOf(state, words)
  if (words.flags === 0) return orders
  return orders.filter((order) => isBuy(order) === (words.flags === 1))
}

/** Whether a price given for an auction is none, or one of the market's. */
const isReference = (state: State, price: number): boolean => price === noPrice || state.inBounds(price)

const enterPhase = (state: State, words: Words): Outcome => {
  if (!isReference(state, words.price)) return { reason: reason.priceBounds }
  const next = words.flags
  const opens = next === phase.continuous && state.phase !== phase.continuous
  const closes = next === phase.closed && isCollecting(state.phase)
  if (opens || closes) uncross(state, words.price)
  changePhase(state, next, phaseCause.command)
  return done
}

const setReference = (state: State, { price }: Words): Outcome => {
  if (!state.inBounds(price)) return { reason: reason.priceBounds }
  state.reference = price
  state.risk?.setReference(price)
  return done
}

const settingNames = {
  [marketSetting.active]: 'active',
  [marketSetting.staticRange]: 'staticRange',
  [marketSetting.dynamicRange]: 'dynamicRange',
  [marketSetting.protection]: 'protection',
  [marketSetting.priceStep]: 'priceStep',
  [marketSetting.quantityStep]: 'quantityStep',
  [marketSetting.largestOrder]: 'largestOrder',
} as const

const changeSetting = (state: State, { flags, quantity }: Words): Outcome => {
  const entry = Object.entries(settingNames).find(([number]) => Number(number) === flags)
  if (entry === undefined) throw new Error(`there is no setting ${flags}`)
  state.settings[entry[1]] = quantity
  return done
}

const endOfDay = (state: State): Outcome => {
  const ofTheDay = state.living().filter((order) => order.is.timeInForce === timeInForce.day)
  const outcome = removeAll(state, ofTheDay, reason.endOfDay)
  state.risk?.endOfDay((number, slot) =>
    state.living().some((order) => order.number === number && order.slot === slot),
  )
  return outcome
}

const kill = (state: State, words: Words): Outcome => {
  const on = words.flags % 2 === 1
  if (words.account > 0) switchOne(state.killedAccounts, words.account, on)
  else if (words.session > 0) switchOne(state.killedSessions, words.session, on)
  else state.killed = on
  return removeAll(state, words.flags >= 2 ? ordersOf(state, words) : [], reason.killSwitch)
}

const switchOne = (killed: Set<number>, number: number, on: boolean): void => {
  if (on) killed.add(number)
  else killed.delete(number)
}

const tellLimitState = (state: State): void => {
  const now = limitStateOf(state)
  if (now === state.limitState) return
  state.limitState = now
  state.records.limitState(now)
}

const limitStateOf = (state: State): number => {
  if (!state.hasStaticBand()) return limitState.none
  const { reference, settings, bids, asks } = state
  const [bid] = bids
  const [ask] = asks
  if (bid !== undefined && bid.price >= reference + settings.staticRange) return limitState.up
  if (ask !== undefined && ask.price <= reference - settings.staticRange) return limitState.down
  return limitState.none
}

const tellAccountStates = (state: State): void =>
  state.risk?.changedStates((account, now, previous, cause, equity) =>
    state.records.accountState({
      account,
      state: now,
      previous,
      cause,
      equityLow: lowWord(equity),
      equityHigh: highWord(equity),
    }),
  )
