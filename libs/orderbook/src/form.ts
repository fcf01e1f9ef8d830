import { isSell, postOnlyOf, selfTradeOf, timeInForceOf, typeOf } from './flags.ts'
import * as layout from './layout.ts'
import type { State } from './state.ts'
import type { MarketConfig } from './types.ts'

const {
  accountSetting,
  command,
  commandType,
  marketSetting,
  orderType,
  phase,
  postOnly,
  selfTrade,
  timeInForce,
} = layout

const { limit, market, stop, trailingStop } = orderType
const { goodTillDate, immediate, fillOrKill } = timeInForce

const knownFlags = 0x3fff
const isShort = 1 << 13

/** What orders with certain flags may have, as bits; 0 where the flags do not go together. */
const allowed = 1
const mayDisplay = 2
const mayHaveMinimum = 4
/** Well formed without any of the words that not every order has. */
const plain = 8

const forms = Uint8Array.from({ length: knownFlags + 1 }, (_, flags) => formOf(flags))

function formOf(flags: number): number {
  const post = postOnlyOf(flags)
  const time = timeInForceOf(flags)
  if (selfTradeOf(flags) > selfTrade.decrement || post > postOnly.reprice || time > fillOrKill) return 0
  if ((flags & isShort) !== 0 && !isSell(flags)) return 0
  const rests = time < immediate
  const type = typeOf(flags)
  if (type === limit) {
    if (post !== postOnly.no && !rests) return 0
    if (time === fillOrKill) return allowed | plain
    return allowed | mayHaveMinimum | (rests ? mayDisplay : 0) | (time === goodTillDate ? 0 : plain)
  }
  if (post !== postOnly.no) return 0
  if (type === market) return rests ? 0 : allowed | plain | (time === fillOrKill ? 0 : mayHaveMinimum)
  return type <= trailingStop && rests ? allowed : 0
}

/** Whether the words of a command, which is of a known type and not `enter`, mean anything at all. */
export function isWellFormed(words: Int32Array, from: number, config: MarketConfig): boolean {
  const session = words[from + command.session] as number
  if (session < 0 || session > config.sessions) return false
  const type = words[from + command.type] as number
  if (type === commandType.cancel) return true
  const flags = words[from + command.flags] as number
  const quantity = words[from + command.quantity] as number
  switch (type) {
    case commandType.amend:
      return quantity >= 0
    case commandType.massCancel:
      return flags >= 0 && flags <= 2
    case commandType.phase:
      return flags >= phase.closed && flags <= phase.cancelOnly
    case commandType.set:
      return isMarketSetting(flags, quantity, config)
    case commandType.kill:
      return flags >= 0 && flags <= 3 && (session === 0 || words[from + command.account] === 0)
    case commandType.adjust:
      return flags >= 0 && flags <= 3 && quantity >= 1
    case commandType.account:
      return (
        flags >= accountSetting.permissions &&
        flags <= accountSetting.halted &&
        Number.isSafeInteger(settingValue(words, from))
      )
    default:
      return true
  }
}

/** The signed value of a setting of an account. */
export function settingValue(words: Int32Array, from: number): number {
  const low = (words[from + command.clientLow] as number) >>> 0
  return (words[from + command.clientHigh] as number) * 0x1_0000_0000 + low
}

function isMarketSetting(setting: number, value: number, config: MarketConfig): boolean {
  switch (setting) {
    case marketSetting.active:
      return value === 0 || value === 1
    case marketSetting.staticRange:
    case marketSetting.dynamicRange:
    case marketSetting.protection:
      return value >= 0
    case marketSetting.priceStep:
    case marketSetting.quantityStep:
      return value >= 1
    case marketSetting.largestOrder:
      return value >= 1 && value <= config.largestPosition
    default:
      return false
  }
}

/** Whether the words of `enter` make an order at all. */
export function isOrder(words: Int32Array, from: number, state: State, sessions: number): boolean {
  const session = words[from + command.session] as number
  if (session < 0 || session > sessions) return false
  const flags = words[from + command.flags] as number
  if ((flags & ~knownFlags) !== 0) return false
  const may = forms[flags] as number
  const minimum = words[from + command.minimum] as number
  const optional =
    (words[from + command.display] as number) |
    (words[from + command.stop] as number) |
    (words[from + command.expiry] as number) |
    minimum
  if (optional === 0 && (may & plain) !== 0) return (words[from + command.quantity] as number) >= 1
  return (
    may !== 0 &&
    (minimum === 0 || postOnlyOf(flags) === postOnly.no) &&
    hasRightQuantities(words, from, may) &&
    hasRightExpiry(words, from, flags, state) &&
    hasRightStop(flags, words[from + command.price] as number, words[from + command.stop] as number)
  )
}

/** The price and stop of an order fit its type; those without a stop have stop 0. */
export function hasRightStop(flags: number, price: number, stopPrice: number): boolean {
  const type = typeOf(flags)
  if (type < stop) return stopPrice === 0
  if (type === trailingStop) return stopPrice >= 1 && price >= 0
  return isSell(flags) ? price <= stopPrice : price >= stopPrice
}

function hasRightQuantities(words: Int32Array, from: number, may: number): boolean {
  const quantity = words[from + command.quantity] as number
  const display = words[from + command.display] as number
  const minimum = words[from + command.minimum] as number
  if (quantity < 1 || display < 0 || minimum < 0 || minimum > quantity) return false
  if (display !== 0 && ((may & mayDisplay) === 0 || !showsEnough(display, quantity))) return false
  return minimum === 0 || (may & mayHaveMinimum) !== 0
}

const mostParts = 1000

/** An iceberg comes in so many parts at most: otherwise one command could make any number of records. */
export function showsEnough(display: number, quantity: number): boolean {
  return display === 0 || display * mostParts >= quantity
}

function hasRightExpiry(words: Int32Array, from: number, flags: number, state: State): boolean {
  const expiry = (words[from + command.expiry] as number) >>> 0
  if (timeInForceOf(flags) !== goodTillDate) return expiry === 0
  return expiry !== 0 && expiry * 1_000_000 > state.timeUs
}
