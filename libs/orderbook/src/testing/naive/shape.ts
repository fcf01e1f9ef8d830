import {
  accountSetting,
  commandType,
  marketSetting,
  noPrice,
  orderType,
  phase,
  postOnly,
  selfTrade,
  side,
  timeInForce,
} from '../../layout.ts'
import type { MarketConfig } from '../../types.ts'
import { isStopType, type Order } from './order.ts'
import { join, type OrderFlags, readFlags, type Words } from './words.ts'

/** Commands carry less than this many microseconds. */
const timeLimit = 2 ** 52

export const hasTime = (words: Words): boolean => {
  const time = join(words.timeLow, words.timeHigh)
  return time >= 0 && time < timeLimit
}

/** Whether the words of a command of a known type are out of their ranges (sections 1 and 2). */
export const isMalformed = (config: MarketConfig, words: Words, time: number): boolean => {
  if (!hasTime(words)) return true
  if (words.session < 0 || words.session > config.sessions) return true
  switch (words.type) {
    case commandType.enter:
      return !isOrder(words, time)
    case commandType.amend:
      return words.quantity < 0
    case commandType.massCancel:
      return words.flags < 0 || words.flags > 2
    case commandType.phase:
      return words.flags < phase.closed || words.flags > phase.cancelOnly
    case commandType.set:
      return !isSetting(config, words)
    case commandType.account:
      return (
        words.flags < accountSetting.permissions ||
        words.flags > accountSetting.halted ||
        !Number.isSafeInteger(join(words.clientLow, words.clientHigh))
      )
    case commandType.kill:
      return words.flags < 0 || words.flags > 3 || (words.account !== 0 && words.session !== 0)
    case commandType.adjust:
      return words.flags < 0 || words.flags > 3 || words.quantity < 1
    default:
      return false
  }
}

const isSetting = (config: MarketConfig, { flags, quantity }: Words): boolean => {
  switch (flags) {
    case marketSetting.active:
      return quantity === 0 || quantity === 1
    case marketSetting.staticRange:
    case marketSetting.dynamicRange:
    case marketSetting.protection:
      return quantity >= 0
    case marketSetting.priceStep:
    case marketSetting.quantityStep:
      return quantity >= 1
    case marketSetting.largestOrder:
      return quantity >= 1 && quantity <= config.largestPosition
    default:
      return false
  }
}

const isOrder = (words: Words, time: number): boolean => {
  const is = readFlags(words.flags)
  if (is.unknownBits || is.type > orderType.trailingStop || is.timeInForce > timeInForce.fillOrKill) {
    return false
  }
  if (is.selfTrade > selfTrade.decrement || is.postOnly > postOnly.reprice) return false
  if (is.short && is.side !== side.sell) return false
  if (words.quantity < 1 || words.display < 0 || !showsEnough(words.display, words.quantity)) return false
  if (words.minimum < 0 || words.minimum > words.quantity) return false
  return hasExpiryIfNeeded(is, words, time) && isCombination(is, words)
}

const hasExpiryIfNeeded = (is: OrderFlags, { expiry }: Words, time: number): boolean =>
  is.timeInForce === timeInForce.goodTillDate ? expiry * 1_000_000 > time : expiry === 0

/** The table of section 2. */
const isCombination = (is: OrderFlags, words: Words): boolean => {
  const atOnce = is.timeInForce === timeInForce.immediate || is.timeInForce === timeInForce.fillOrKill
  const wholly = is.timeInForce === timeInForce.fillOrKill
  const displays = words.display !== 0
  const posts = is.postOnly !== postOnly.no
  const hasMinimum = words.minimum !== 0
  if (is.type === orderType.limit) {
    if (words.stop !== 0) return false
    if (atOnce && (displays || posts)) return false
    return !(hasMinimum && (wholly || posts))
  }
  if (displays || posts) return false
  if (is.type === orderType.market) {
    return atOnce && words.stop === 0 && !(hasMinimum && wholly)
  }
  return !atOnce && !hasMinimum && areStopPrices(is, words.price, words.stop)
}

const areStopPrices = (is: OrderFlags, price: number, stop: number): boolean => {
  if (is.type === orderType.trailingStop) return stop >= 1 && price >= 0
  return is.side === side.buy ? price >= stop : price <= stop
}

const mostPartsOfIceberg = 1000

const showsEnough = (display: number, quantity: number): boolean =>
  display === 0 || display * mostPartsOfIceberg >= quantity

/** Whether an order that was found cannot become this, whatever the market is like. */
export const cannotBecome = (order: Order, held: boolean, words: Words): boolean => {
  if (order.is.type === orderType.market || !showsEnough(order.display, words.quantity)) return true
  return held && isStopType(order.is.type) && !areStopPrices(order.is, words.price, words.stop)
}

/** What an entry's stop and price words say where they may say nothing. */
export const hasPrice = (type: number, price: number): boolean =>
  type !== orderType.market || price !== noPrice
