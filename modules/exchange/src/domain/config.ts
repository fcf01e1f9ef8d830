import type { MarketConfig } from '@florin/orderbook'

/** How much a market's engine holds; the defaults are in {@link defaultCapacity}. */
export interface Capacity {
  readonly orders: number
  readonly accounts: number
  readonly sessions: number
  readonly client_ids: number
  /** Lots. */
  readonly largest_position: number
}

export const defaultCapacity: Capacity = {
  orders: 100_000,
  accounts: 10_000,
  sessions: 4_096,
  client_ids: 200_000,
  largest_position: 10_000_000,
}

const mostPrices = 2 ** 24
const mostPosition = 2 ** 26
const mostValue = 2 ** 50

/** What is wrong with a configuration, in one sentence; undefined: nothing. */
export function configFault(config: MarketConfig): string | undefined {
  const { lowestPrice, highestPrice, largestPosition } = config
  if (lowestPrice < 0) return 'The lowest price is below zero'
  if (highestPrice < lowestPrice) return 'The highest price lies below the lowest'
  if (highestPrice - lowestPrice + 1 > mostPrices)
    return `There are more than ${mostPrices} prices from the lowest to the highest`
  if (largestPosition > mostPosition) return `The largest position is above ${mostPosition} lots`
  if (largestPosition * highestPrice >= mostValue)
    return `The largest position at the highest price is worth 2^50 ticks x lots or more`
  return undefined
}
