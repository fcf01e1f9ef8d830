import {
  accountState,
  answer,
  command,
  commandType,
  type Engine,
  phaseCause,
  phaseRecord,
  phase as phases,
  readWide,
  reason,
  recordKind,
  trade,
  words,
} from '@florin/orderbook'
import type { SeenPhase } from '../domain/halts.ts'
import type { BreakerWatch, Trip } from '../domain/supervision.ts'
import type { Visit } from '../follower/replay.ts'

/** A change of an account's state. */
export interface SeenState {
  readonly seq: number
  readonly timeUs: number
  readonly account: number
  readonly state: number
  readonly previous: number
  readonly cause: number
  readonly equity: number
}

export interface SeenTrip extends Trip {
  readonly seq: number
}

/** What became of an order: the engine's reason (0: taken), and what it traded at once. */
export interface SeenOrder {
  readonly reason: number
  readonly executed: number
  readonly value: number
}

/** Collects from the journal what the market has to act on. Pure: to be given to a follower, then asked. */
export class Observer {
  readonly states: SeenState[] = []
  readonly trips: SeenTrip[] = []
  readonly phases: SeenPhase[] = []
  /** Orders of accounts under liquidation that no session sent, by the number of their command. */
  readonly orders = new Map<number, SeenOrder>()
  #mark: { readonly seq: number; readonly price: number } | undefined
  #movedSeq = 0
  readonly #breaker: BreakerWatch
  readonly #watched: ReadonlySet<number>

  /** @param watched accounts whose orders are waited for */
  constructor(breaker: BreakerWatch, watched: ReadonlySet<number>) {
    this.#breaker = breaker
    this.#watched = watched
  }

  /** The last mark that was set. */
  get mark(): { readonly seq: number; readonly price: number } | undefined {
    return this.#mark
  }

  /** Number of the last command that changed a position, or what an account has; 0: none did. */
  get movedSeq(): number {
    return this.#movedSeq
  }

  begin(engine: Engine): Visit {
    return (seq, commands, offset, records, count) => {
      const type = at(commands, offset + command.type)
      const done = at(records, answer.reason) === reason.none
      const timeUs = readWide(records, answer.timeLow, answer.timeHigh)
      // Its first trades come before the record of the phase that begins.
      const opens =
        type === commandType.phase && done && at(commands, offset + command.flags) === phases.continuous
      if (opens) this.#breaker.opened(timeUs)
      for (let base = words; base < count * words; base += words)
        this.#record(records, base, seq, timeUs, engine.referencePrice)
      if (!done && type !== commandType.enter) return
      if (type === commandType.mark) this.#mark = { seq, price: at(commands, offset + command.price) }
      else if (type === commandType.account || type === commandType.adjust) this.#movedSeq = seq
      else if (type === commandType.endOfDay) this.#dayEnded(engine, timeUs)
      else if (type === commandType.enter) this.#entered(seq, records, count)
    }
  }

  /** A market that trades on through the night begins its next day at once. */
  #dayEnded(engine: Engine, timeUs: number): void {
    this.#breaker.closed()
    if (engine.phase === phases.continuous) this.#breaker.opened(timeUs)
  }

  #record(records: Int32Array, base: number, seq: number, timeUs: number, reference: number): void {
    switch (records[base]) {
      case recordKind.trade: {
        this.#movedSeq = seq
        const trip = this.#breaker.traded(at(records, base + trade.price), reference, timeUs)
        if (trip !== undefined) this.trips.push({ ...trip, seq })
        break
      }
      case recordKind.phase: {
        const phase = at(records, base + phaseRecord.phase)
        const dynamicBand = at(records, base + phaseRecord.cause) === phaseCause.dynamicBand
        this.phases.push({ seq, timeUs, phase, dynamicBand })
        if (phase === phases.closed) this.#breaker.closed()
        break
      }
      case recordKind.accountState:
        this.states.push({
          seq,
          timeUs,
          account: at(records, base + accountState.account),
          state: at(records, base + accountState.state),
          previous: at(records, base + accountState.previous),
          cause: at(records, base + accountState.cause),
          equity: readWide(records, base + accountState.equityLow, base + accountState.equityHigh),
        })
        break
      default:
    }
  }

  #entered(seq: number, records: Int32Array, count: number): void {
    if (at(records, answer.session) !== 0 || !this.#watched.has(at(records, answer.account))) return
    const order = at(records, answer.order)
    let executed = 0
    let value = 0
    for (let base = words; base < count * words; base += words) {
      if (records[base] !== recordKind.trade || records[base + trade.takerOrder] !== order) continue
      const quantity = at(records, base + trade.quantity)
      executed += quantity
      value += quantity * at(records, base + trade.price)
    }
    this.orders.set(seq, { reason: at(records, answer.reason), executed, value })
  }
}

function at(from: Int32Array, index: number): number {
  return from[index] ?? 0
}
