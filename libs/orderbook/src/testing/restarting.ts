import { Engine } from '../engine.ts'
import type { Market, MarketConfig } from '../types.ts'
import type { BookView } from './book-view.ts'
import { viewOfEngine } from './book-view.ts'

/** An engine that is packed to bytes and restored after every so many commands, as if its process had been started again. */
export class RestartingEngine implements Market {
  readonly #interval: number
  #engine: Engine

  constructor(config: MarketConfig, interval: number) {
    this.#engine = new Engine(config)
    this.#interval = interval
  }

  get sequence(): number {
    return this.#engine.sequence
  }

  get records(): Int32Array {
    return this.#engine.records
  }

  /** Of the engine as it is now. */
  get view(): BookView {
    return viewOfEngine(this.#engine)
  }

  apply(commands: Int32Array, offset: number): number {
    if (this.sequence % this.#interval === 0) this.#engine = restarted(this.#engine)
    return this.#engine.apply(commands, offset)
  }
}

/** Throws if the restored engine is not the same to the byte. */
const restarted = (engine: Engine): Engine => {
  const bytes = engine.snapshot()
  const restored = Engine.restore(bytes)
  if (Buffer.compare(bytes, restored.snapshot()) !== 0) throw new Error('a restored engine is another one')
  return restored
}
