import type { Engine } from '@florin/orderbook'

/** The rolling digest of an engine, as the journal keeps it. */
export function digestOf(engine: Engine): Buffer {
  return Buffer.from(engine.digest(), 'hex')
}
