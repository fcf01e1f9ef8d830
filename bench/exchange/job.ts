import type { Spread } from '../lib/statistics.ts'
import type { ContenderName } from './contenders.ts'
import type { StoredStream } from './stream.ts'

/** What a fresh process is asked to measure. */
export type MatchingJob =
  | {
      readonly measure: {
        readonly contender: ContenderName
        readonly stream: StoredStream
        /** Runs that count, after the first one, which is told apart. */
        readonly runs: number
        /** A contender that is slower goes as far into the stream as it gets in this time. */
        readonly budget_ms: number
      }
    }
  | { readonly weigh: { readonly orders: number } }

export interface Speed {
  /** Commands a second of the first run of the process, those that fill the book included. */
  readonly cold: number
  /** Commands a second over a book that is filled, in runs after the first. */
  readonly warm: Spread
  /** How far into the stream it got. */
  readonly commands: number
  /** Nanoseconds of single commands, the clock's own time included. */
  readonly each_ns: {
    readonly p50: number
    readonly p99: number
    readonly p999: number
    readonly max: number
  }
}

export interface Weight {
  /** Bytes of the arrays of a market without room for orders to speak of, and for each order on top. */
  readonly fixed: number
  readonly perOrder: number
}

export type MatchingResult = { readonly speed: Speed } | { readonly weight: Weight }
