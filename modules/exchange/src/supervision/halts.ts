import { send } from '../commands/requests.ts'
import { afterPhase, ended, type Halt, nextMove, type SeenPhase } from '../domain/halts.ts'
import { isoOfMicros } from '../domain/micros.ts'
import { enginePhases, type PhaseName } from '../domain/phase-names.ts'
import { priceOf } from '../domain/units.ts'
import { insertHalt, isPhaseUnderWay, lastHalt, openHalt, updateHalt } from '../store/halts.ts'
import type { PolicyRecord } from '../store/policies.ts'
import type { Observer, SeenTrip } from './observer.ts'
import type { Scene } from './scene.ts'

type Versions = readonly PolicyRecord<'breaker'>[]

/** A change of phase that is on its way is read soon; microseconds. */
const soonUs = 50_000

/**
 * Halts the market where a trade reached a step of its circuit breaker, and lets it go on when the time is over. Volatility
 * auctions that the engine began by itself are ended in the same way. Gives how many changes of phase were asked for.
 */
export async function superviseHalts(scene: Scene, versions: Versions, seen: Observer): Promise<number> {
  const book = await HaltBook.open(scene, versions)
  for (const seq of [...new Set([...seen.trips, ...seen.phases].map((fact) => fact.seq))].sort(
    (a, b) => a - b,
  ))
    book.read(
      seen.trips.filter((trip) => trip.seq === seq),
      seen.phases.filter((phase) => phase.seq === seq),
    )
  const asked = scene.isFresh ? await book.act() : 0
  await book.write()
  return asked
}

/** The halts of a market while they are worked on. At most one has not ended. */
class HaltBook {
  readonly #scene: Scene
  readonly #versions: Versions
  readonly #before: Halt | undefined
  readonly #changed = new Map<number, Halt>()
  #last: number
  #open: Halt | undefined

  private constructor(scene: Scene, versions: Versions, open: Halt | undefined, last: number) {
    this.#scene = scene
    this.#versions = versions
    this.#before = open
    this.#open = open
    this.#last = last
  }

  static async open(scene: Scene, versions: Versions): Promise<HaltBook> {
    const { unit, market } = scene
    return new HaltBook(
      scene,
      versions,
      await openHalt(unit.db, market.id),
      await lastHalt(unit.db, market.id),
    )
  }

  /** What one command led to. Trades come before the phase that they, or the uncross, lead to. */
  read(trips: readonly SeenTrip[], phases: readonly SeenPhase[]): void {
    for (const phase of phases) this.#pass(phase)
    for (const trip of trips) this.#trip(trip)
    for (const phase of phases) {
      if (trips.length > 0) this.#pass(phase)
      else if (phase.dynamicBand && this.#open === undefined) this.#began(phase)
    }
  }

  /** Asks for the next phase, if it is time. */
  async act(): Promise<number> {
    const { unit, market, engine, nowUs, seq } = this.#scene
    const halt = this.#open
    if (halt === undefined) return 0
    const move = nextMove(halt, engine.phase, this.#auctionUs(halt.policy), nowUs)
    if (move.kind === 'wait') this.#scene.wakeAt(move.atUs)
    if (move.kind === 'wait' || move.kind === 'none') return 0
    if (await isPhaseUnderWay(unit.db, market.id, seq)) {
      this.#scene.wakeAt(nowUs + soonUs)
      return 0
    }
    if (move.kind === 'end') {
      this.#set(ended(halt, move.outcome, seq, nowUs))
      return 0
    }
    const { phase, state } = move
    await send(unit, market, [{ command: 'phase', phase: enginePhases[phase] }], this.#origin(halt, phase))
    this.#set({ ...halt, state })
    if (state === 'asked') this.#tellBegun(halt)
    return 1
  }

  async write(): Promise<void> {
    const { unit, market } = this.#scene
    // The one that ends first makes room for the next.
    for (const halt of this.#changed.values()) {
      if (halt.number === this.#before?.number) await updateHalt(unit.db, market.id, halt)
      else await insertHalt(unit.db, market.id, halt)
    }
  }

  #pass(phase: SeenPhase): void {
    const halt = this.#open
    if (halt === undefined) return
    const next = afterPhase(halt, phase, this.#auctionUs(halt.policy))
    if (next !== halt) this.#set(next)
  }

  #trip(trip: SeenTrip): void {
    const before = this.#open
    if (before !== undefined) this.#set(ended(before, 'superseded', trip.seq, trip.atUs))
    this.#set({
      ...nothing,
      ...trip,
      number: ++this.#last,
      kind: 'circuit_breaker',
      policy: trip.version,
      // The halt that was asked for serves this one, too.
      state: before?.state === 'asked' ? 'asked' : 'due',
    })
  }

  #began({ seq, timeUs }: SeenPhase): void {
    const inForce = this.#versions.findLast(({ sinceUs }) => sinceUs <= timeUs)
    if (inForce === undefined || inForce.policy.auction_s === 0) return
    const halt: Halt = {
      ...nothing,
      number: ++this.#last,
      kind: 'dynamic_band',
      policy: inForce.version,
      seq,
      atUs: timeUs,
      state: 'auction',
      reopensUs: timeUs + this.#auctionUs(inForce.version),
    }
    this.#set(halt)
    this.#tellBegun(halt)
  }

  #set(halt: Halt): void {
    this.#changed.set(halt.number, halt)
    this.#open = halt.state === 'ended' ? undefined : halt
    if (halt.state === 'ended') this.#tellEnded(halt)
  }

  #auctionUs(version: number): number {
    const policy = this.#versions.find((one) => one.version === version)?.policy
    return (policy?.auction_s ?? 0) * 1_000_000
  }

  #origin(halt: Halt, phase: PhaseName) {
    const policy = this.#versions.find(({ version }) => version === halt.policy)
    const why = phase === 'halted' ? reasonOf(this.#scene, halt) : `Halt ${halt.number} is over`
    return { halt: halt.number, policy_by: policy?.setBy ?? null, reason: why }
  }

  #tellBegun(halt: Halt): void {
    this.#tell(halt, 'begun', {
      reason: reasonOf(this.#scene, halt),
      until: halt.untilUs === null ? null : isoOfMicros(halt.untilUs),
    })
  }

  #tellEnded(halt: Halt): void {
    this.#tell(halt, 'ended', { outcome: halt.outcome })
  }

  #tell(halt: Halt, what: 'begun' | 'ended', data: Readonly<Record<string, unknown>>): void {
    const { unit, market } = this.#scene
    unit.emit({
      type: `exchange.halt.${what}`,
      subject: `${market.code} ${halt.number}`,
      data: {
        market: market.code,
        halt: halt.number,
        kind: halt.kind,
        seq: halt.seq,
        step: halt.step,
        ...data,
      },
    })
  }
}

const nothing = {
  step: null,
  price: null,
  reference: null,
  untilUs: null,
  haltedSeq: null,
  reopensUs: null,
  withheld: null,
  endedSeq: null,
  endedUs: null,
  outcome: null,
} as const

function reasonOf({ market }: Scene, { step, price, reference }: Halt): string {
  if (price === null || reference === null) return 'A trade would have left the dynamic band'
  return `Circuit breaker, step ${step}: a trade at ${priceOf(market, price)}, with a reference price of ${priceOf(market, reference)}`
}
