import type { Unit } from '@florin/kernel'
import type { Engine } from '@florin/orderbook'
import type { MarketRecord } from '../store/markets.ts'

/** A market as far as its journal was read, to be acted on in this unit. */
export class Scene {
  readonly unit: Unit
  readonly market: MarketRecord
  /** To be looked at, never to be changed. */
  readonly engine: Engine
  /** Microseconds since 1970. */
  readonly nowUs: number
  /** Whether what was read is what holds now: of what is long past nothing is made but records. */
  readonly isFresh: boolean
  #alarmUs: number | undefined

  constructor(unit: Unit, market: MarketRecord, engine: Engine, isFresh: boolean) {
    this.unit = unit
    this.market = market
    this.engine = engine
    this.nowUs = unit.clock.now() * 1_000
    this.isFresh = isFresh
  }

  /** Number of the last command read. */
  get seq(): number {
    return this.engine.sequence
  }

  /** When to look again, though nothing should happen until then. */
  get alarmUs(): number | undefined {
    return this.#alarmUs
  }

  wakeAt(atUs: number): void {
    this.#alarmUs = Math.min(this.#alarmUs ?? atUs, atUs)
  }
}
