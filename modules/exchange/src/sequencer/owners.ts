import type { Db } from '@florin/kernel'
import type { Sequencer } from './sequencer.ts'

/** The markets that this process runs, by the database they are in. */
const owned = new WeakMap<object, Map<bigint, Sequencer>>()

/** The sequencer of a market, if it runs in this process. */
export function ownerOf(db: Pick<Db, 'database'>, marketId: bigint): Sequencer | undefined {
  return owned.get(db.database)?.get(marketId)
}

/** All markets that this process runs. */
export function ownedMarkets(db: Pick<Db, 'database'>): Sequencer[] {
  return [...(owned.get(db.database)?.values() ?? [])]
}

export function setOwner(db: Pick<Db, 'database'>, marketId: bigint, sequencer: Sequencer): void {
  const markets = owned.get(db.database) ?? new Map<bigint, Sequencer>()
  owned.set(db.database, markets)
  markets.set(marketId, sequencer)
}

export function forgetOwner(db: Pick<Db, 'database'>, marketId: bigint, sequencer: Sequencer): void {
  const markets = owned.get(db.database)
  if (markets?.get(marketId) === sequencer) markets.delete(marketId)
}
