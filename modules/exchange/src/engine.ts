import type { Engine } from '@florin/orderbook'

/** The engine that runs markets. */
export type MarketEngine = Engine

/** The rolling digest of an engine, as the journal keeps it. */
export function digestOf(engine: MarketEngine): Buffer {
  return Buffer.from(engine.digest(), 'hex')
}
