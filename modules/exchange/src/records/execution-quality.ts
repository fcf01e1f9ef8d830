import { formatDecimal, roundQuotient } from '@florin/money'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { OrderEvent } from './order-event.ts'
import { isSell } from './rts24.ts'

/** What came of the orders of a day, besides its executions. */
export interface DayCounts {
  readonly received: number
  readonly refused: number
  readonly changed: number
  readonly cancelled: number
  readonly expired: number
  /** Orders of the day that traded at least once. */
  readonly executed: number
  /** Lots that they asked for, and that they got. */
  readonly lotsEntered: bigint
  readonly lotsExecuted: bigint
  /** Sum over those that traded of the microseconds from receipt to the first execution. */
  readonly waited_us: bigint
}

/**
 * What members need for their best execution policies, of one market and day. Some figures are those of Commission Delegated
 * Regulation (EU) 2017/575 (RTS 27): docs/regulators.md says which, and where they differ. It is not that regulation's report.
 */
export interface ExecutionQuality {
  readonly trades: number
  readonly quantity: string
  readonly value: string
  /** Prices; null on a day without trades. */
  readonly simple_average_price: string | null
  readonly volume_weighted_average_price: string | null
  readonly highest_price: string | null
  readonly lowest_price: string | null
  readonly orders_received: number
  readonly orders_refused: number
  readonly orders_changed: number
  readonly orders_cancelled: number
  readonly orders_expired: number
  readonly orders_executed: number
  /** Shares of orders and of quantity, from 0 to 1 with six decimals; null without orders. */
  readonly likelihood_of_execution: string | null
  readonly share_of_quantity_executed: string | null
  /** Twice the distance of executions from the middle of the best prices before them, weighted by quantity. */
  readonly average_effective_spread: string | null
  /** Of orders that traded, from receipt to the first execution. */
  readonly average_time_to_first_fill_us: string | null
}

/** Decimals beyond those of the tick that averages have; they are rounded half-even. */
const moreDecimals = 4

/** @param executions both sides of each trade */
export function executionQuality(
  market: MarketRecord,
  executions: readonly OrderEvent[],
  counts: DayCounts,
): ExecutionQuality {
  // Each trade once: by its buyer.
  const trades = executions.flatMap(({ flags, lots, execution }) =>
    execution === null || isSell(flags) ? [] : [{ lots, price: execution.price }],
  )
  const lots = trades.reduce((sum, trade) => sum + BigInt(trade.lots), 0n)
  const value = trades.reduce((sum, trade) => sum + BigInt(trade.lots) * BigInt(trade.price), 0n)
  const prices = trades.map(({ price }) => price)
  const spread = effectiveSpread(executions)
  return {
    trades: trades.length,
    quantity: quantityOf(market, Number(lots)),
    value: moneyOf(market, value),
    simple_average_price: average(
      market,
      prices.reduce((sum, price) => sum + BigInt(price), 0n),
      BigInt(prices.length),
    ),
    volume_weighted_average_price: average(market, value, lots),
    highest_price: extreme(market, prices, (a, b) => Math.max(a, b)),
    lowest_price: extreme(market, prices, (a, b) => Math.min(a, b)),
    orders_received: counts.received,
    orders_refused: counts.refused,
    orders_changed: counts.changed,
    orders_cancelled: counts.cancelled,
    orders_expired: counts.expired,
    orders_executed: counts.executed,
    likelihood_of_execution: share(BigInt(counts.executed), BigInt(counts.received)),
    share_of_quantity_executed: share(counts.lotsExecuted, counts.lotsEntered),
    average_effective_spread: average(market, spread.sum, spread.lots),
    average_time_to_first_fill_us:
      counts.executed === 0
        ? null
        : String(roundQuotient(counts.waited_us, BigInt(counts.executed), 'half-even')),
  }
}

/** Ticks x lots, and lots, of executions against a book that had both sides. */
function effectiveSpread(executions: readonly OrderEvent[]): { sum: bigint; lots: bigint } {
  let [sum, lots] = [0n, 0n]
  for (const { lots: traded, execution } of executions) {
    if (execution === null || execution.liquidity !== 'AGRE') continue
    const { bid, ask, price } = execution
    if (bid === null || ask === null) continue
    sum += BigInt(Math.abs(2 * price - (bid + ask))) * BigInt(traded)
    lots += BigInt(traded)
  }
  return { sum, lots }
}

/** A price: ticks over a count; null where there is nothing to count. */
function average(market: MarketRecord, ticks: bigint, count: bigint): string | null {
  if (count === 0n) return null
  const decimals = (market.tick.split('.')[1] ?? '').length
  const tick = BigInt(market.tick.replace('.', ''))
  const scaled = roundQuotient(ticks * tick * 10n ** BigInt(moreDecimals), count, 'half-even')
  return formatDecimal(scaled, decimals + moreDecimals)
}

function extreme(
  market: MarketRecord,
  prices: readonly number[],
  choose: (a: number, b: number) => number,
): string | null {
  const [first, ...others] = prices
  return first === undefined ? null : priceOf(market, others.reduce(choose, first))
}

function share(part: bigint, whole: bigint): string | null {
  return whole === 0n ? null : formatDecimal(roundQuotient(part * 1_000_000n, whole, 'half-even'), 6)
}
