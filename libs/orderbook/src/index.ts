export { decodeCommand, type RawCommand } from './command-reading.ts'
export * from './commands.ts'
export { Engine, type SnapshotCopy } from './engine.ts'
export * from './layout.ts'
export * from './market-data/index.ts'
export { type Names, namesOf } from './names.ts'
export {
  decodeTerms,
  encodeTerms,
  type OrderTerms,
  type OrderType,
  type PostOnly,
  type SelfTradeMode,
  type Side,
  type TimeInForce,
} from './order-terms.ts'
export * from './reasons.ts'
export * from './records.ts'
export * as circuitBreaker from './risk/circuit-breaker.ts'
export {
  decideMargin,
  type LiquidationOrder,
  type LiquidationPolicy,
  lotsToClose,
  type MarginDecision,
  type MarginView,
} from './risk/liquidation.ts'
export type { Position } from './risk/risk.ts'
export { rulesVersion } from './rules.ts'
export { tuneRuntime } from './runtime.ts'
export type { Market, MarketConfig } from './types.ts'
export type { Level, OrderVisit } from './view.ts'
export { readWide, writeWide } from './wide.ts'
