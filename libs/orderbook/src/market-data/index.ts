export { type Candle, type CandleChange, Candles, type ChartTrade, candleOf, candleStart } from './candles.ts'
export { Conflation } from './conflation.ts'
export { type BookImage, type BookSource, imageOf, type RestingOrder } from './image.ts'
export { type Best, levelChecksum, type PriceLevel } from './level-book.ts'
export { type FeedResult, LevelFeed } from './level-feed.ts'
export { type LevelOptions, LevelPublisher } from './level-publisher.ts'
export type { LevelChange, LevelSnapshot, LevelUpdate } from './level-update.ts'
export { type Indicative, type MarketView, noTrades, type PublicTrade, type Totals } from './market-view.ts'
export type { PublicOrder } from './order-book.ts'
export {
  type OrderChange,
  OrderFeed,
  type OrderOptions,
  OrderPublisher,
  type OrderSnapshot,
  type OrderUpdate,
  orderChange,
} from './order-feed.ts'
