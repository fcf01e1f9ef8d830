import { type Engine, noPrice, phase } from '@florin/orderbook'
import { send } from '../commands/requests.ts'
import type { MarkingPolicy } from '../domain/supervision.ts'
import { currentPolicy } from '../store/policies.ts'
import type { Watch } from '../store/watches.ts'
import type { Scene } from './scene.ts'

/** Asks for a mark where the policy wants one: the price is another, or accounts changed since the last. */
export async function superviseMark(scene: Scene, watch: Watch): Promise<{ watch: Watch; marks: number }> {
  const { unit, market, nowUs } = scene
  const { policy, setBy } = await currentPolicy(unit.db, market.id, 'marking')
  const price = priceBy(policy, scene.engine)
  if (!scene.isFresh || price === undefined) return { watch, marks: 0 }
  if (price === watch.mark && watch.movedSeq <= watch.markSeq) return { watch, marks: 0 }
  const dueUs = watch.markAskedUs + policy.interval_ms * 1_000
  if (dueUs > nowUs) {
    scene.wakeAt(dueUs)
    return { watch, marks: 0 }
  }
  await send(unit, market, [{ command: 'mark', price }], {
    policy_by: setBy ?? null,
    reason: `Mark by ${policy.source}`,
  })
  return { watch: { ...watch, markAskedUs: nowUs }, marks: 1 }
}

/** In ticks; undefined where there is none. Half a tick is rounded down. */
function priceBy({ source }: MarkingPolicy, engine: Engine): number | undefined {
  if (source === 'last_trade') return engine.lastPrice === noPrice ? undefined : engine.lastPrice
  // In an auction the book may be crossed, and says nothing yet.
  if (source === 'operator' || engine.phase !== phase.continuous) return undefined
  const [bid, ask] = [engine.bestBid(), engine.bestAsk()]
  return bid === noPrice || ask === noPrice ? undefined : Math.floor((bid + ask) / 2)
}
