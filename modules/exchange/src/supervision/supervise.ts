import type { Unit } from '@florin/kernel'
import { BreakerWatch } from '../domain/supervision.ts'
import { followWith } from '../follower/follow.ts'
import { lockSetup } from '../store/market-changes.ts'
import type { MarketRecord } from '../store/markets.ts'
import { policyVersions } from '../store/policies.ts'
import { lockWatch, updateWatch, type Watch } from '../store/watches.ts'
import { superviseHalts } from './halts.ts'
import { Liquidations } from './liquidations.ts'
import { superviseCalls } from './margin-calls.ts'
import { superviseMark } from './marking.ts'
import { Observer } from './observer.ts'
import { Scene } from './scene.ts'
import { tellStates } from './states.ts'

/** The reader of the journal that acts on what it finds. */
export const supervisionCursor = 'supervision'

/** What is older than this was overtaken by what came since; microseconds. */
const freshUs = 1_000_000

export interface Supervised {
  /** Commands read. */
  readonly commands: number
  /** Changes of accounts' states that were recorded. */
  readonly states: number
  /** Margin calls made, and ended. */
  readonly calls: number
  /** Orders sent that close positions. */
  readonly orders: number
  /** Changes of phase that were asked for. */
  readonly phases: number
  /** Marks that were asked for. */
  readonly marks: number
  readonly upTo: number
}

/**
 * Reads on in a market's journal, records what became of its accounts, and sends the commands that follow from it. All of
 * it in the unit that moves the cursor on: each is recorded, and sent, exactly once.
 *
 * @param limit commands to read at most
 */
export async function superviseMarket(unit: Unit, market: MarketRecord, limit: number): Promise<Supervised> {
  const watch = await lockWatch(unit.db, market.id)
  const breakers = await policyVersions(unit.db, market.id, 'breaker')
  const liquidations = await Liquidations.open(unit.db, market.id)
  const breaker = new BreakerWatch(breakers, {
    openingUs: watch.openingUs,
    used: watch.stepsUsed,
    version: watch.stepsVersion,
  })
  const observer = new Observer(breaker, liquidations.waiting)
  const { follower, read } = await followWith(unit, market.id, supervisionCursor, limit, (engine) =>
    observer.begin(engine),
  )
  // From here on nobody changes limits, or moves the schedule's phases: what is read of them belongs together.
  await lockSetup(unit, market.id)
  const { engine } = follower
  const scene = new Scene(
    unit,
    market,
    engine,
    read < limit || unit.clock.now() * 1_000 - engine.timeUs < freshUs,
  )
  await tellStates(scene, observer.states)
  await liquidations.noteAnswers(scene, observer.orders)
  const phases = await superviseHalts(scene, breakers, observer)
  const seen = marked(watch, observer)
  const calls = await superviseCalls(scene, liquidations, observer.states, seen.mark)
  const asked = await superviseMark(scene, seen)
  await updateWatch(unit.db, market.id, {
    ...asked.watch,
    alarmUs: scene.alarmUs,
    openingUs: breaker.day.openingUs,
    stepsUsed: breaker.day.used,
    stepsVersion: breaker.day.version,
  })
  return {
    commands: read,
    states: observer.states.length,
    ...calls,
    phases,
    marks: asked.marks,
    upTo: follower.seq,
  }
}

function marked(watch: Watch, observer: Observer): Watch {
  const { mark } = observer
  return {
    ...watch,
    movedSeq: Math.max(watch.movedSeq, observer.movedSeq),
    ...(mark === undefined ? {} : { mark: mark.price, markSeq: mark.seq }),
  }
}
