import { type Engine, words } from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'

/** A command as it was carried out, with what the market was like right before it. Prices are ticks. */
export interface Passage {
  readonly seq: number
  readonly command: Int32Array
  readonly records: Int32Array
  readonly count: number
  readonly phase: number
  /** `noPrice` where there was none. */
  readonly bid: number
  readonly ask: number
}

/** Copies what a follower shows, to be worked on once everything was read. */
export class Transcript {
  readonly passages: Passage[] = []

  /** To be given to a follower whose engine has carried out nothing yet of what it will show. */
  begin(engine: Engine): Visit {
    let before = surroundings(engine)
    return (seq, command, offset, records, count) => {
      this.passages.push({
        seq,
        command: command.slice(offset, offset + words),
        records: records.slice(0, count * words),
        count,
        ...before,
      })
      before = surroundings(engine)
    }
  }
}

function surroundings(engine: Engine): Pick<Passage, 'phase' | 'bid' | 'ask'> {
  return { phase: engine.phase, bid: engine.bestBid(), ask: engine.bestAsk() }
}
