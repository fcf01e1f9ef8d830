import type { Db } from '@florin/kernel'
import type { Engine } from '@florin/orderbook'
import { Follower } from '../follower/follower.ts'
import type { Visit } from '../follower/replay.ts'
import { ownerOf } from '../sequencer/owners.ts'
import type { MarketRecord } from '../store/markets.ts'

/** Replicas of markets that other processes run, for those who ask here. */
const replicas = new WeakMap<object, Map<bigint, Promise<Follower>>>()

const unlimited = Number.MAX_SAFE_INTEGER

/**
 * The engine of a market as it stands at least where the reader's snapshot of the database does: to be looked at in the
 * same turn, never to be changed.
 */
export async function currentEngine(db: Db, market: MarketRecord): Promise<Engine> {
  const owner = ownerOf(db, market.id)
  if (owner !== undefined) return owner.engine
  return (await advance(db, market)).engine
}

/** One reader at a time: each goes on from where the one before ended. */
async function advance(db: Db, market: MarketRecord): Promise<Follower> {
  const ofDatabase = replicas.get(db.database) ?? new Map<bigint, Promise<Follower>>()
  replicas.set(db.database, ofDatabase)
  const before = ofDatabase.get(market.id)
  const next = readOn(db, market, before)
  ofDatabase.set(market.id, next)
  // A replica that failed is half way through a command at worst: the next reader begins with a new one.
  next.catch(() => {
    if (ofDatabase.get(market.id) === next) ofDatabase.delete(market.id)
  })
  return next
}

async function readOn(
  db: Db,
  market: MarketRecord,
  before: Promise<Follower> | undefined,
): Promise<Follower> {
  const known = await before?.catch(() => undefined)
  const follower = known ?? (await openAtEnd(db, market))
  await follower.read(db, unlimited)
  return follower
}

async function openAtEnd(db: Db, market: MarketRecord): Promise<Follower> {
  const [head] = await db.query<{ last_seq: bigint }>(
    'SELECT last_seq FROM exchange.heads WHERE market_id = $1',
    [market.id],
  )
  return Follower.open(db, market, Number(head?.last_seq ?? 0n))
}

/** Shows each command after `after` up to `until`: from the owner's memory where it has them, else from the journal. */
export async function showCommands(
  db: Db,
  market: MarketRecord,
  after: number,
  until: number,
  visit: Visit,
): Promise<void> {
  if (ownerOf(db, market.id)?.since(after, visit, until) === true) return
  const follower = await Follower.open(db, market, after)
  await follower.read(db, until - after, visit)
}
