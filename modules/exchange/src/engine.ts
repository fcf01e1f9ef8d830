import type { Market, MarketConfig } from '@florin/orderbook'

/** The engine that runs markets. */
export interface MarketEngine extends Market {
  digest(): string
  snapshot(): Uint8Array
}

export function newEngine(_config: MarketConfig): MarketEngine {
  throw new Error('The engine comes with libs/orderbook')
}

export function restoreEngine(_state: Uint8Array): MarketEngine {
  throw new Error('The engine comes with libs/orderbook')
}

export function digestOf(engine: MarketEngine): Buffer {
  return Buffer.from(engine.digest(), 'hex')
}
