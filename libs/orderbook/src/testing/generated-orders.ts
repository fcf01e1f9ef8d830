import {
  commandType,
  noPrice,
  orderFlags,
  orderType,
  postOnly,
  selfTrade,
  side,
  timeInForce,
} from '../layout.ts'
import type { State } from './naive/state.ts'
import type { Profile } from './profiles.ts'
import type { Random } from './random.ts'

/** Words of a command by name; those not named are 0. */
export interface NamedWords {
  readonly [name: string]: number | undefined
}

/** A price that is likely to matter: near the touch, the last or the reference price, sometimes a bound. */
export const priceNear = (random: Random, profile: Profile, state: State): number => {
  const { lowestPrice, highestPrice } = profile.config
  const middle = Math.round((lowestPrice + highestPrice) / 2)
  const anchors = [state.bids[0]?.price, state.asks[0]?.price, state.last, state.reference, middle]
  const known = anchors.filter((price): price is number => price !== undefined && price !== noPrice)
  if (random.oneIn(150)) return random.pick([lowestPrice, highestPrice, lowestPrice - 1, highestPrice + 1])
  const distance = random.below(profile.spread + 1) + random.below(profile.spread + 1) - profile.spread
  const price = random.pick(known) + distance
  const step = state.settings.priceStep
  return random.percent(90) ? Math.round(price / step) * step : price
}

/** An entry of any kind of order, nearly always a well-formed one. */
export const orderWords = (random: Random, profile: Profile, state: State, time: number): NamedWords => {
  const type = orderType[random.weighted(profile.types)]
  const buys = random.oneIn(2)
  const common = {
    type: commandType.enter,
    account: random.between(1, profile.config.accounts),
    session: random.between(0, profile.config.sessions),
    quantity: quantityOf(random, profile, state),
    ...clientId(random, profile),
  }
  const base =
    flag('side', buys ? side.buy : side.sell) + flag('type', type) + commonFlags(random, profile, buys)
  switch (type) {
    case orderType.limit:
      return limitOrder(random, profile, state, time, { ...common, flags: base })
    case orderType.market:
      return marketOrder(random, profile, state, { ...common, flags: base })
    default:
      return stopOrder(random, profile, state, time, buys, { ...common, flags: base })
  }
}

const flag = (name: keyof typeof orderFlags, value: number): number => value * 2 ** orderFlags[name].shift

const quantityOf = (random: Random, profile: Profile, state: State): number => {
  const { quantityStep } = state.settings
  const quantity = random.oneIn(4) ? random.between(1, 3) : random.between(1, profile.largestQuantity)
  return random.percent(92) ? Math.ceil(quantity / quantityStep) * quantityStep : quantity
}

const clientId = (random: Random, profile: Profile): NamedWords => {
  if (!profile.config.risk || random.percent(25)) return {}
  if (random.oneIn(8)) return { clientLow: random.between(1, 5) }
  return { clientLow: random.bits() | 0, clientHigh: random.oneIn(3) ? random.bits() | 0 : 0 }
}

const commonFlags = (random: Random, profile: Profile, buys: boolean): number => {
  const modes = [selfTrade.cancelNewest, selfTrade.cancelOldest, selfTrade.cancelBoth, selfTrade.decrement]
  const mode = random.percent(profile.selfTrade) ? random.pick(modes) : selfTrade.allow
  const byGroup = random.oneIn(3) ? 1 : 0
  const short = !buys && random.percent(profile.config.risk ? 75 : 5) ? 1 : 0
  return flag('selfTrade', mode) + flag('selfTradeScope', byGroup) + flag('short', short)
}

const timesOfRest = (random: Random, profile: Profile, time: number): { flags: number; expiry: number } => {
  if (!random.percent(profile.goodTillDate)) {
    return {
      flags: flag('timeInForce', random.pick([timeInForce.day, timeInForce.goodTillCancelled])),
      expiry: 0,
    }
  }
  const seconds = Math.ceil(time / 1_000_000) + random.between(0, 12)
  return { flags: flag('timeInForce', timeInForce.goodTillDate), expiry: seconds }
}

type Common = NamedWords & { readonly flags: number; readonly quantity: number }

const minimumOf = (random: Random, profile: Profile, quantity: number): number =>
  random.percent(profile.minimum) ? random.between(1, quantity) : 0

/** Mostly passive, so that a book builds up. */
const limitPrice = (random: Random, profile: Profile, state: State, buys: boolean): number => {
  const price = priceNear(random, profile, state)
  if (!random.percent(65)) return price
  const away = random.below(profile.spread + 1) * state.settings.priceStep
  return buys ? price - away : price + away
}

const limitOrder = (
  random: Random,
  profile: Profile,
  state: State,
  time: number,
  common: Common,
): NamedWords => {
  const price = limitPrice(random, profile, state, common.flags % 2 === 0)
  const minimum = minimumOf(random, profile, common.quantity)
  if (random.percent(profile.immediate)) {
    if (random.oneIn(2)) {
      return { ...common, price, flags: common.flags + flag('timeInForce', timeInForce.fillOrKill) }
    }
    return { ...common, price, minimum, flags: common.flags + flag('timeInForce', timeInForce.immediate) }
  }
  const { flags, expiry } = timesOfRest(random, profile, time)
  const display = random.percent(profile.icebergs)
    ? random.between(Math.ceil(common.quantity / 30), Math.ceil(common.quantity / 2))
    : 0
  const posts = random.percent(profile.postOnly)
    ? random.pick([postOnly.reject, postOnly.reprice])
    : postOnly.no
  return {
    ...common,
    price,
    expiry,
    display: random.oneIn(30) ? display + common.quantity : display,
    minimum: posts === postOnly.no ? minimum : 0,
    flags: common.flags + flags + flag('postOnly', posts),
  }
}

const marketOrder = (random: Random, profile: Profile, state: State, common: Common): NamedWords => {
  const wholly = random.oneIn(3)
  const force = wholly ? timeInForce.fillOrKill : timeInForce.immediate
  return {
    ...common,
    price: random.percent(60) ? noPrice : priceNear(random, profile, state),
    minimum: wholly ? 0 : minimumOf(random, profile, common.quantity),
    flags: common.flags + flag('timeInForce', force),
  }
}

const stopOrder = (
  random: Random,
  profile: Profile,
  state: State,
  time: number,
  buys: boolean,
  common: Common & { readonly flags: number },
): NamedWords => {
  const { flags, expiry } = timesOfRest(random, profile, time)
  const step = state.settings.priceStep
  const beyond = random.below(profile.spread + 1) * step
  const timed = { ...common, expiry, flags: common.flags + flags }
  const trails = (common.flags >>> orderFlags.type.shift) % 8 === orderType.trailingStop
  if (trails) return { ...timed, stop: (random.below(profile.spread) + 1) * step, price: beyond }
  const stop = priceNear(random, profile, state)
  return { ...timed, stop, price: buys ? stop + beyond : stop - beyond }
}
