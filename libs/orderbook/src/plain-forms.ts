import { postOnlyOf, selfTradeOf, timeInForceOf, typeOf } from './flags.ts'
import * as layout from './layout.ts'

const { orderType, postOnly, selfTrade, timeInForce } = layout

/** Returned by the short way for a command that it leaves alone; nothing has changed then. */
export const notPlain = 0
/** Returned by it for an order that is accepted, and trades now. */
export const meets = -1

/** Bits of what the short way can do with an order, by its flags; no bit, nothing. */
export const form = {
  /** A limit order, day or good till cancelled: what does not trade at once rests, and can leave the short way again. */
  rests: 1,
  /** It may trade at once. */
  trades: 2,
} as const

export const knownFlags = 0x3fff
const isShort = 1 << 13

/** {@link form} by flags up to {@link knownFlags}. */
export const formOf = Uint8Array.from({ length: knownFlags + 1 }, (_, flags) => find(flags))

function find(flags: number): number {
  const isPlain =
    typeOf(flags) === orderType.limit &&
    postOnlyOf(flags) <= postOnly.reprice &&
    selfTradeOf(flags) <= selfTrade.decrement &&
    ((flags & isShort) === 0 || (flags & 1) === 1)
  if (!isPlain) return 0
  const time = timeInForceOf(flags)
  const stays = time === timeInForce.day || time === timeInForce.goodTillCancelled
  if (postOnlyOf(flags) !== postOnly.no) return stays ? form.rests : 0
  if (stays) return form.rests | form.trades
  return time === timeInForce.immediate ? form.trades : 0
}
