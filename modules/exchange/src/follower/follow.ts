import type { Db, Unit } from '@florin/kernel'
import type { Engine } from '@florin/orderbook'
import { marketOf } from '../store/markets.ts'
import { Follower } from './follower.ts'
import type { Visit } from './replay.ts'

export interface Followed {
  /** As it stands after what was read, or undefined where there was nothing to follow yet. */
  readonly follower: Follower
  /** Commands read; fewer than asked for: the journal ends there for now. */
  readonly read: number
}

/** Followers at rest, by process and by market and name. One that is at work is not here. */
const resting = new WeakMap<object, Map<string, Follower>>()

/**
 * Reads a market's journal on from where the reader of this name left off, and moves its cursor within the unit: what
 * the unit writes about these commands is written exactly once, whatever crashes. `visit` must only collect: it is
 * called again from the same place if the unit is rolled back.
 *
 * Readers of one name take turns. Their replica stays in memory from one unit to the next.
 *
 * @throws JournalBroken
 */
export function follow(
  unit: Unit,
  marketId: bigint,
  name: string,
  limit: number,
  visit: Visit,
): Promise<Followed> {
  return followWith(unit, marketId, name, limit, () => visit)
}

/** As {@link follow}, for those who have to see the engine before and after each command, too: `begin` is given it. */
export async function followWith(
  unit: Unit,
  marketId: bigint,
  name: string,
  limit: number,
  begin: (engine: Engine) => Visit,
): Promise<Followed> {
  const seq = await lockCursor(unit.db, marketId, name)
  const follower = await take(unit.db, marketId, name, seq)
  const read = await follower.read(unit.db, limit, begin(follower.engine))
  if (read > 0)
    void unit.db.send('UPDATE exchange.cursors SET seq = $3 WHERE market_id = $1 AND name = $2', [
      marketId,
      name,
      follower.seq,
    ])
  // After a rollback the replica is ahead of its cursor, and of no use.
  unit.afterCommit(() => restingIn(unit.db).set(keyOf(marketId, name), follower))
  return { follower, read }
}

/** How far the reader of this name has come; 0 if it never read. */
export async function readCursor(db: Db, marketId: bigint, name: string): Promise<number> {
  const [row] = await db.query<{ seq: bigint }>(
    'SELECT seq FROM exchange.cursors WHERE market_id = $1 AND name = $2',
    [marketId, name],
  )
  return Number(row?.seq ?? 0n)
}

async function lockCursor(db: Db, marketId: bigint, name: string): Promise<number> {
  await db.query(
    'INSERT INTO exchange.cursors (market_id, name, seq) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING',
    [marketId, name],
  )
  const [row] = await db.query<{ seq: bigint }>(
    'SELECT seq FROM exchange.cursors WHERE market_id = $1 AND name = $2 FOR NO KEY UPDATE',
    [marketId, name],
  )
  if (row === undefined) throw new Error(`The cursor "${name}" of market ${marketId} vanished`)
  return Number(row.seq)
}

/** The replica at rest, if it stands where the cursor does; another process may have read on meanwhile. */
async function take(db: Db, marketId: bigint, name: string, seq: number): Promise<Follower> {
  const followers = restingIn(db)
  const key = keyOf(marketId, name)
  const follower = followers.get(key)
  followers.delete(key)
  if (follower !== undefined && follower.seq <= seq) {
    const behind = seq - follower.seq
    if (behind === 0 || (behind < 100_000 && (await follower.read(db, behind)) === behind)) return follower
  }
  return Follower.open(db, await marketOf(db, marketId), seq)
}

function restingIn(db: Db): Map<string, Follower> {
  const followers = resting.get(db.database) ?? new Map<string, Follower>()
  resting.set(db.database, followers)
  return followers
}

function keyOf(marketId: bigint, name: string): string {
  return `${marketId} ${name}`
}
