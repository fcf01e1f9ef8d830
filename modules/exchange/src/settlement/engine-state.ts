import type { Engine } from '@florin/orderbook'

/** Buying power of an account in ticks x lots, of which living orders have reserved some. */
export function cashOf(engine: Engine, account: number): number {
  return engine.position(account)?.cash ?? 0
}

/** Buying power that no living order has reserved, ticks x lots. */
export function freeCashOf(engine: Engine, account: number): number {
  const state = engine.position(account)
  return state === undefined ? 0 : state.cash - state.reserved
}

/** Lots; below zero it is sold short. */
export function positionOf(engine: Engine, account: number): number {
  return engine.position(account)?.position ?? 0
}
