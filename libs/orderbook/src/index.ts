export * from './layout.ts'
export * from './reasons.ts'
export type { Market, MarketConfig } from './types.ts'
