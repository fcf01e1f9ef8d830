import {
  answer,
  auctionRecord,
  commandType,
  limitStateRecord,
  noPrice,
  phaseRecord,
  recordKind,
  trade,
} from '../layout.ts'
import { reason } from '../reasons.ts'
import { readWide, word } from '../wide.ts'
import type { BookImage } from './image.ts'

/** One trade: number, price, quantity, the taker's side (2 in an auction), time in microseconds. */
export type PublicTrade = readonly [
  number: number,
  price: number,
  quantity: number,
  side: number,
  time: number,
]

/** What an auction would come to. `price` is `null` where nothing can trade. `surplusSide` 2 is none. */
export interface Indicative {
  readonly price: number | null
  readonly volume: number
  readonly surplus: number
  readonly surplusSide: number
}

/** Of all trades since the day began. */
export interface Totals {
  readonly trades: number
  /** Lots; exact below 2^53, which are 2^27 trades of the largest size. */
  readonly quantity: number
  /** Ticks x lots. */
  readonly value: bigint
  readonly open: number | null
  readonly high: number | null
  readonly low: number | null
}

/** What there is to tell of a market beside its book. Numbers are those of `layout.ts`. */
export interface MarketView {
  readonly phase: number
  readonly limitState: number
  readonly last: number | null
  /** While orders are collected and an indication was asked for; else `null`. */
  readonly indicative: Indicative | null
  readonly totals: Totals
}

export const noTrades: Totals = { trades: 0, quantity: 0, value: 0n, open: null, high: null, low: null }

export function viewOf(image: BookImage, totals: Totals): MarketView {
  const { phase, limitState, last } = image
  return { phase, limitState, last, indicative: null, totals }
}

/** The view after the record whose words begin at `from`; the same object if it is not concerned. */
export function viewAfter(view: MarketView, records: Int32Array, from: number): MarketView {
  switch (word(records, from)) {
    case recordKind.answer:
      return endsDay(records, from) ? { ...view, totals: noTrades } : view
    case recordKind.trade:
      return afterTrade(view, word(records, from + trade.price), word(records, from + trade.quantity))
    case recordKind.phase:
      return afterPhase(view, word(records, from + phaseRecord.phase))
    case recordKind.uncrossed:
      return { ...view, indicative: null }
    case recordKind.indicative:
      return { ...view, indicative: readIndicative(records, from) }
    case recordKind.limitState:
      return { ...view, limitState: word(records, from + limitStateRecord.state) }
    default:
      return view
  }
}

function endsDay(records: Int32Array, from: number): boolean {
  return (
    word(records, from + answer.type) === commandType.endOfDay &&
    word(records, from + answer.reason) === reason.none
  )
}

function afterTrade(view: MarketView, price: number, quantity: number): MarketView {
  const { totals } = view
  return {
    ...view,
    last: price,
    totals: {
      trades: totals.trades + 1,
      quantity: totals.quantity + quantity,
      value: totals.value + BigInt(price) * BigInt(quantity),
      open: totals.open ?? price,
      high: Math.max(totals.high ?? price, price),
      low: Math.min(totals.low ?? price, price),
    },
  }
}

function afterPhase(view: MarketView, phase: number): MarketView {
  return phase === view.phase ? view : { ...view, phase, indicative: null }
}

function readIndicative(records: Int32Array, from: number): Indicative {
  const price = word(records, from + auctionRecord.price)
  return {
    price: price === noPrice ? null : price,
    volume: readWide(records, from + auctionRecord.volumeLow, from + auctionRecord.volumeHigh),
    surplus: readWide(records, from + auctionRecord.surplusLow, from + auctionRecord.surplusHigh),
    surplusSide: word(records, from + auctionRecord.surplusSide),
  }
}
