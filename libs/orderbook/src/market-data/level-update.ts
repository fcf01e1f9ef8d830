import type { Best, PriceLevel } from './level-book.ts'
import type { MarketView, PublicTrade } from './market-view.ts'

/** The new state of one level; no orders: it is gone. */
export type LevelChange = readonly [side: number, price: number, quantity: number, orders: number]

/**
 * What a command, or several in a row, changed for the public. It holds whatever changed after the command `after` up to the
 * command `sequence`, as it is then: whoever has the book of any command from `after` on has the book of `sequence` with it.
 */
export interface LevelUpdate {
  readonly after: number
  readonly sequence: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly levels: readonly LevelChange[]
  /** Each one, in order; none in a conflated update, whose `market.totals` count them. */
  readonly trades: readonly PublicTrade[]
  /** If anything of it changed. */
  readonly market?: MarketView
  /** If anything of it changed. */
  readonly best?: Best
  /** Checksum of the best levels, as many of each side as the publisher was made for. */
  readonly top: number
  /** Checksum of all levels, now and then. */
  readonly whole?: number
  /** How many updates were made one; absent if it is a single one. */
  readonly conflated?: number
}

export interface LevelSnapshot {
  readonly sequence: number
  readonly time: number
  /** From the best. */
  readonly bids: readonly PriceLevel[]
  readonly asks: readonly PriceLevel[]
  readonly market: MarketView
  /** Levels of each side that `top` of updates is about. */
  readonly depth: number
  readonly whole: number
}
