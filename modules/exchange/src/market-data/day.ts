import type { Db } from '@florin/kernel'
import { imageOf, LevelPublisher } from '@florin/orderbook'
import { Follower } from '../follower/follower.ts'
import { lastEndOfDay, writtenTrades } from '../store/market-day.ts'
import type { MarketRecord } from '../store/markets.ts'

/**
 * A publisher of price levels right after the command `until`, whose totals are of the whole trading day: what the
 * history has of it, and out of the journal what it does not have yet. Trades count as they were made, whatever was
 * bust or corrected since.
 *
 * @throws JournalBroken
 */
export async function levelsOfDay(db: Db, market: MarketRecord, until: number): Promise<LevelPublisher> {
  const began = await lastEndOfDay(db, market.id, until)
  const written = await writtenTrades(db, market.id, began, until)
  const follower = await Follower.open(db, market, Math.max(began, written.seq))
  const levels = new LevelPublisher(imageOf(follower.engine), { totals: written.totals })
  await follower.read(db, until - follower.seq, (_seq, _commands, _offset, records, count) =>
    levels.apply(records, count),
  )
  return levels
}
