import { noPrice, orderType, recordKind, side } from '../../layout.ts'
import { reason } from '../../reasons.ts'
import { afterTrade, execute, recordTrade, removeFromPlace } from './matching.ts'
import { known, type Order } from './order.ts'
import type { State } from './state.ts'
import { highWord, lowWord } from './words.ts'

interface Balance {
  readonly price: number
  readonly volume: number
  /** Buys less sells. */
  readonly surplus: number
}

const noSurplusSide = 2

/** Section 7: the price, or undefined where nothing can trade. */
const auctionBalance = (state: State, given: number): Balance | undefined => {
  const reference = [given, state.reference, state.last].find(known)
  const inBook = [...state.bids, ...state.asks].map((order) => order.price)
  const prices = new Set(reference === undefined ? inBook : [...inBook, reference])

  const all = [...prices].sort((one, other) => one - other).map((price) => balanceAt(state, price))
  const greatestVolume = Math.max(0, ...all.map(({ volume }) => volume))
  if (greatestVolume === 0) return undefined

  const ofVolume = all.filter(({ volume }) => volume === greatestVolume)
  const leastSurplus = Math.min(...ofVolume.map(({ surplus }) => Math.abs(surplus)))
  const best = ofVolume.filter(({ surplus }) => Math.abs(surplus) === leastSurplus)

  if (best.every(({ surplus }) => surplus > 0)) return best.at(-1)
  if (best.every(({ surplus }) => surplus < 0)) return best[0]
  return reference === undefined ? best[0] : nearest(best, reference)
}

/** Of two that are equally near the lower, which comes first. */
const nearest = (balances: readonly Balance[], reference: number): Balance | undefined => {
  const distance = ({ price }: Balance): number => Math.abs(price - reference)
  const least = Math.min(...balances.map(distance))
  return balances.find((each) => distance(each) === least)
}

const balanceAt = (state: State, price: number): Balance => {
  const buys = openLots(state.bids.filter((bid) => bid.price >= price))
  const sells = openLots(state.asks.filter((ask) => ask.price <= price))
  return { price, volume: Math.min(buys, sells), surplus: buys - sells }
}

const openLots = (orders: readonly Order[]): number =>
  orders.reduce((total, order) => total + order.leaves, 0)

const recordBalance = (state: State, kind: number, balance: Balance | undefined): void => {
  const { price, volume, surplus } = balance ?? { price: noPrice, volume: 0, surplus: 0 }
  const size = Math.abs(surplus)
  state.records.auction(kind, {
    price,
    volumeLow: lowWord(volume),
    volumeHigh: highWord(volume),
    surplusLow: lowWord(size),
    surplusHigh: highWord(size),
    surplusSide: surplus === 0 ? noSurplusSide : surplus > 0 ? side.buy : side.sell,
  })
}

export const indicate = (state: State, given: number): void =>
  recordBalance(state, recordKind.indicative, auctionBalance(state, given))

/** Trades what can trade at one price; market orders that are left go. */
export const uncross = (state: State, given: number): void => {
  const balance = auctionBalance(state, given)
  recordBalance(state, recordKind.uncrossed, balance)
  if (balance !== undefined) {
    tradeAt(state, balance)
    state.bandPrice = state.last
  }
  for (const order of [...state.bids, ...state.asks]) {
    if (order.is.type === orderType.market) removeFromPlace(state, order, reason.afterAuction)
  }
}

const tradeAt = (state: State, { price, volume }: Balance): void => {
  let rest = volume
  while (rest > 0) {
    const bid = state.bids[0]
    const ask = state.asks[0]
    if (bid === undefined || ask === undefined) throw new Error('less to trade than the auction promised')
    const quantity = Math.min(bid.displayed, ask.displayed)
    execute(state, bid, quantity, price)
    execute(state, ask, quantity, price)
    recordTrade(state, ask, bid, quantity, price, noSurplusSide)
    afterTrade(state, bid)
    afterTrade(state, ask)
    rest -= quantity
  }
}
