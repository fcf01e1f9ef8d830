import * as layout from './layout.ts'

const { orderFlags, orderType, side } = layout

const typeShift = orderFlags.type.shift
const timeShift = orderFlags.timeInForce.shift
const selfTradeShift = orderFlags.selfTrade.shift
const scopeShift = orderFlags.selfTradeScope.shift
const postOnlyShift = orderFlags.postOnly.shift
const { sell } = side
const { stop } = orderType

/** Parts of an order's flags, as numbers of the lists in `layout.ts`. */
export function isSell(flags: number): boolean {
  return (flags & 1) === sell
}

export function typeOf(flags: number): number {
  return (flags >>> typeShift) & 7
}

export function timeInForceOf(flags: number): number {
  return (flags >>> timeShift) & 7
}

export function selfTradeOf(flags: number): number {
  return (flags >>> selfTradeShift) & 7
}

export function isByGroup(flags: number): boolean {
  return ((flags >>> scopeShift) & 1) === 1
}

export function postOnlyOf(flags: number): number {
  return (flags >>> postOnlyShift) & 3
}

/** Stop, stop limit or trailing stop. */
export function isStop(flags: number): boolean {
  return typeOf(flags) >= stop
}

/** One of two numbers by bit 0 of the flags, without a branch: sides change too often to be foreseen. */
export function bySide(sell: number, ofSell: number, ofBuy: number): number {
  return (ofBuy + (-sell & (ofSell - ofBuy))) | 0
}
