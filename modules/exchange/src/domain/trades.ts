import { formatDecimal } from '@florin/money'
import { trade as field, readWide, recordKind, answer as said, words } from '@florin/orderbook'
import type { Liquidity } from './fees.ts'
import { minorOf, quantityOf, type Units } from './units.ts'

/** A trade as the engine tells of it. Accounts by number, price in ticks, quantity in lots. */
export interface Trade {
  /** From 1, on its market. */
  readonly number: number
  /** Of the command that traded. */
  readonly seq: number
  /** Microseconds since 1970. */
  readonly timeUs: number
  readonly price: number
  readonly quantity: number
  readonly buyer: number
  readonly seller: number
  /** Whose order rested; in an auction neither takes. */
  readonly resting: 'buyer' | 'seller' | 'auction'
}

const buySide = 0
const auction = 2

/** The trades among the records of a command, in order. */
export function tradesOf(seq: number, records: Int32Array, count: number): Trade[] {
  const timeUs = readWide(records, said.timeLow, said.timeHigh)
  const trades: Trade[] = []
  for (let base = words; base < count * words; base += words) {
    if (records[base] !== recordKind.trade) continue
    const told = (at: number): number => records[base + at] as number
    const side = told(field.side)
    const maker = told(field.makerAccount)
    const taker = told(field.takerAccount)
    const makerBuys = side !== buySide
    trades.push({
      number: told(field.number),
      seq,
      timeUs,
      price: told(field.price),
      quantity: told(field.quantity),
      buyer: makerBuys ? maker : taker,
      seller: makerBuys ? taker : maker,
      resting: side === auction ? 'auction' : makerBuys ? 'buyer' : 'seller',
    })
  }
  return trades
}

/** By which rate a side pays. Nobody takes liquidity in an auction, so both sides of it are makers. */
export function liquidityOf({ resting }: Pick<Trade, 'resting'>, side: 'buyer' | 'seller'): Liquidity {
  return resting === side || resting === 'auction' ? 'maker' : 'taker'
}

/** One side of a trade in the ledger. */
export interface Party {
  /** Where its money is. */
  readonly cash: string
  readonly position: string
  /** Minor units of the quote; below zero it is paid to it. */
  readonly fee: bigint
}

/** Where a market books. */
export interface Venue extends Units {
  readonly instrument: string
  readonly quote: string
  readonly clearing: string
  readonly fees: string
}

export interface TradePosting {
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly asset: string
}

/**
 * What a trade moves: the price from the buyer through clearing to the seller, the instrument from the seller to the
 * buyer, and each one's fee. All customers' accounts are liabilities, so who gives is debited. Nothing of it is rounded.
 */
export function tradePostings(
  venue: Venue,
  trade: Pick<Trade, 'price' | 'quantity'>,
  buyer: Party,
  seller: Party,
): TradePosting[] {
  const { clearing, quote, instrument } = venue
  const value = minorOf(venue, BigInt(trade.price) * BigInt(trade.quantity))
  const lots = { amount: quantityOf(venue, trade.quantity), asset: instrument }
  const money = (from: string, to: string, minor: bigint): TradePosting[] =>
    minor === 0n
      ? []
      : [{ debit: from, credit: to, amount: formatDecimal(minor, venue.quoteExponent), asset: quote }]
  const fee = ({ cash, fee: minor }: Party): TradePosting[] =>
    minor < 0n ? money(venue.fees, cash, -minor) : money(cash, venue.fees, minor)
  return [
    ...money(buyer.cash, clearing, value),
    ...money(clearing, seller.cash, value),
    // Who trades with oneself in an auction keeps what one has.
    ...(seller.position === buyer.position || trade.quantity === 0
      ? []
      : [{ debit: seller.position, credit: buyer.position, ...lots }]),
    ...fee(buyer),
    ...fee(seller),
  ]
}
