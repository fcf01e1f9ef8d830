import { Engine, type MarketConfig } from '@florin/orderbook'

/** The engine that runs markets. */
export type MarketEngine = Engine

export function newEngine(config: MarketConfig): MarketEngine {
  return new Engine(config)
}

export function restoreEngine(_state: Uint8Array): MarketEngine {
  throw new Error('Snapshots come with the engine')
}

/** The whole state, or undefined where the engine can't be copied. */
export function stateOf(_engine: MarketEngine): Uint8Array | undefined {
  return undefined
}

export function digestOf(engine: MarketEngine): Buffer {
  return Buffer.from(engine.digest(), 'hex')
}
