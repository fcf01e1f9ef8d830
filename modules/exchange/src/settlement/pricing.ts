import type { Db, View } from '@florin/kernel'
import { dayOf, dueDay, formatDay, ledgerCalendar } from '@florin/ledger'
import { feeOf, noFees } from '../domain/fees.ts'
import { liquidityOf, type Trade } from '../domain/trades.ts'
import { minorOf } from '../domain/units.ts'
import { allFees, type FeesRecord } from '../store/fees.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { PricedTrade } from '../store/settlements.ts'
import { addTraded, tradedBefore } from '../store/traded.ts'

/** The day of a trade in UTC, such as `2026-01-31`. */
export function tradeDay(trade: Pick<Trade, 'timeUs'>): string {
  return formatDay(dayOf(trade.timeUs / 1_000))
}

/** What trades cost, by the schedule and the traded values of their days, and when they are due. */
export async function priceTrades(
  view: Pick<View, 'db'>,
  market: MarketRecord,
  trades: readonly Trade[],
): Promise<PricedTrade[]> {
  if (trades.length === 0) return []
  const { db } = view
  const schedules = await allFees(db, market.id)
  const traded = schedules.length === 0 ? new Map<string, bigint>() : await tradedOf(db, market, trades)
  const due = await dueDays(db, market)
  return trades.map((trade) => ({
    ...trade,
    buyerFee: sideFee(market, schedules, traded, trade, 'buyer'),
    sellerFee: sideFee(market, schedules, traded, trade, 'seller'),
    due: due(trade.timeUs / 1_000),
  }))
}

/** Adds the values of trades to what their accounts traded on their days. */
export async function noteTraded(db: Db, market: MarketRecord, trades: readonly Trade[]): Promise<void> {
  await addTraded(
    db,
    market.id,
    trades.flatMap((trade) => {
      const said = { day: tradeDay(trade), value: worthOf(market, trade) }
      return [
        { account: trade.buyer, ...said },
        { account: trade.seller, ...said },
      ]
    }),
  )
}

/** Minor units of the quote. */
export function worthOf(
  market: MarketRecord,
  { price, quantity }: Pick<Trade, 'price' | 'quantity'>,
): bigint {
  return minorOf(market, BigInt(price) * BigInt(quantity))
}

function tradedOf(db: Db, market: MarketRecord, trades: readonly Trade[]): Promise<Map<string, bigint>> {
  const accounts = new Set(trades.flatMap(({ buyer, seller }) => [buyer, seller]))
  return tradedBefore(db, market.id, [...accounts], [...new Set(trades.map(tradeDay))])
}

function sideFee(
  market: MarketRecord,
  schedules: readonly FeesRecord[],
  traded: ReadonlyMap<string, bigint>,
  trade: Trade,
  side: 'buyer' | 'seller',
): bigint {
  const schedule = schedules.findLast(({ setAt }) => setAt.getTime() <= trade.timeUs / 1_000) ?? noFees
  const before = traded.get(`${trade[side]} ${tradeDay(trade)}`) ?? 0n
  return feeOf(schedule, liquidityOf(trade, side), worthOf(market, trade), before)
}

/** T + n by the ledger's calendar, as its settlement terms count; without a calendar every day is a business day. */
async function dueDays(db: Db, market: MarketRecord): Promise<(instant: number) => string> {
  const calendar = (await ledgerCalendar(db, market.ledger)) ?? everyDay
  return (instant) => formatDay(dueDay(calendar, dayOf(instant), market.settlementDays).day)
}

const everyDay = { weekend: new Set<number>(), holidays: new Set<number>(), firstDay: 0, lastDay: 0 }
