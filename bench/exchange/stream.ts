import type { MarketConfig } from '@florin/orderbook'

/** What a market is asked to check besides matching. Each adds to the one before. */
export const ways = ['matching', '+ self-trade', '+ risk', '+ digest'] as const
export type Way = (typeof ways)[number]

export const isAtLeast = (way: Way, other: Way): boolean => ways.indexOf(way) >= ways.indexOf(other)

/** How many commands share one entry of {@link Stream.tradedLots}. */
export const block = 256

/** Commands as they are sent to a market, with what must come of them. */
export interface Stream {
  readonly name: string
  readonly way: Way
  readonly config: MarketConfig
  /** Words, as `layout.ts` of the order book names them. The first `prepared` commands fill the book. */
  readonly commands: Int32Array
  readonly prepared: number
  /** All commands, those that fill the book included. */
  readonly count: number
  /** Orders in the book, on average over the commands after the filling. */
  readonly resting: number
  /** Records that an engine writes for all commands. */
  readonly records: number
  /** Lots traded after each {@link block} of commands from the beginning, to compare others with. */
  readonly tradedLots: Float64Array
  /** Of the engine that the stream was made with; empty without one. */
  readonly digest: string
}

/** As a stream goes to a process of its own: the commands lie in a file. */
export interface StoredStream extends Omit<Stream, 'commands'> {
  readonly file: string
}
