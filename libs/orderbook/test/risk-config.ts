import type { MarketConfig } from '../src/types.ts'

export const riskConfig: MarketConfig = {
  lowestPrice: 0,
  highestPrice: 100_000,
  orders: 1_000,
  accounts: 8,
  sessions: 4,
  clientIds: 64,
  largestPosition: 1_000_000,
  risk: true,
  digest: false,
}
