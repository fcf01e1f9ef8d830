import { orderFlags, orderType, postOnly, selfTrade, side, timeInForce } from './layout.ts'
import { namesOf } from './names.ts'

export type Side = keyof typeof side
export type OrderType = keyof typeof orderType
export type TimeInForce = keyof typeof timeInForce
export type SelfTradeMode = keyof typeof selfTrade
export type PostOnly = keyof typeof postOnly

/** What the flags of an order say. */
export interface OrderTerms {
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly selfTrade: SelfTradeMode
  /** Whose orders are one's own: those of the account, or of its group. */
  readonly selfTradeScope: 'account' | 'group'
  readonly postOnly: PostOnly
  readonly short: boolean
}

export const sideNames = namesOf(side)
const typeNames = namesOf(orderType)
const timeInForceNames = namesOf(timeInForce)
const selfTradeNames = namesOf(selfTrade)
const postOnlyNames = namesOf(postOnly)

export function encodeTerms(terms: OrderTerms): number {
  return (
    (side[terms.side] << orderFlags.side.shift) |
    (orderType[terms.type] << orderFlags.type.shift) |
    (timeInForce[terms.timeInForce] << orderFlags.timeInForce.shift) |
    (selfTrade[terms.selfTrade] << orderFlags.selfTrade.shift) |
    ((terms.selfTradeScope === 'group' ? 1 : 0) << orderFlags.selfTradeScope.shift) |
    (postOnly[terms.postOnly] << orderFlags.postOnly.shift) |
    ((terms.short ? 1 : 0) << orderFlags.short.shift)
  )
}

/** `undefined` where a number has no name or a bit no meaning; the market refuses such flags as malformed. */
export function decodeTerms(flags: number): OrderTerms | undefined {
  const type = typeNames.of(part(flags, orderFlags.type))
  const time = timeInForceNames.of(part(flags, orderFlags.timeInForce))
  const mode = selfTradeNames.of(part(flags, orderFlags.selfTrade))
  const post = postOnlyNames.of(part(flags, orderFlags.postOnly))
  if (type === undefined || time === undefined || mode === undefined || post === undefined) return undefined
  const terms: OrderTerms = {
    side: sideNames.known(part(flags, orderFlags.side)),
    type,
    timeInForce: time,
    selfTrade: mode,
    selfTradeScope: part(flags, orderFlags.selfTradeScope) === 1 ? 'group' : 'account',
    postOnly: post,
    short: part(flags, orderFlags.short) === 1,
  }
  return encodeTerms(terms) === flags ? terms : undefined
}

function part(flags: number, { shift, bits }: { shift: number; bits: number }): number {
  return (flags >>> shift) & ((1 << bits) - 1)
}
