import type { Db } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'

/** What supervision of a market remembers. Times are microseconds since 1970. */
export interface Watch {
  /** To be looked at then, though the journal does not go on. */
  readonly alarmUs: number | undefined
  /** In ticks. */
  readonly mark: number | undefined
  readonly markSeq: number
  /** Of the last command that changed a position or what an account has. */
  readonly movedSeq: number
  readonly markAskedUs: number
  readonly openingUs: number | undefined
  readonly stepsUsed: number
  readonly stepsVersion: number
}

interface WatchRow {
  alarm_us: bigint | null
  mark: number | null
  mark_seq: bigint
  moved_seq: bigint
  mark_asked_us: bigint
  opening_us: bigint | null
  steps_used: number
  steps_version: number
}

/** Has those who supervise a market, or set how, take turns until their units end. */
export async function lockWatch(db: Db, marketId: bigint): Promise<Watch> {
  await db.query(
    `INSERT INTO exchange.watches (market_id, mark_seq, moved_seq, mark_asked_us, steps_used, steps_version)
     VALUES ($1, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`,
    [marketId],
  )
  const [row] = await db.query<WatchRow>(
    `SELECT alarm_us, mark, mark_seq, moved_seq, mark_asked_us, opening_us, steps_used, steps_version
     FROM exchange.watches WHERE market_id = $1 FOR NO KEY UPDATE`,
    [marketId],
  )
  if (row === undefined) throw new Error(`The watch of market ${marketId} vanished`)
  return {
    alarmUs: row.alarm_us === null ? undefined : Number(row.alarm_us),
    mark: row.mark ?? undefined,
    markSeq: Number(row.mark_seq),
    movedSeq: Number(row.moved_seq),
    markAskedUs: Number(row.mark_asked_us),
    openingUs: row.opening_us === null ? undefined : Number(row.opening_us),
    stepsUsed: row.steps_used,
    stepsVersion: row.steps_version,
  }
}

export async function updateWatch(db: Db, marketId: bigint, watch: Watch): Promise<void> {
  await db.query(
    `UPDATE exchange.watches SET alarm_us = $2, mark = $3, mark_seq = $4, moved_seq = $5, mark_asked_us = $6,
       opening_us = $7, steps_used = $8, steps_version = $9 WHERE market_id = $1`,
    [
      marketId,
      watch.alarmUs ?? null,
      watch.mark ?? null,
      watch.markSeq,
      watch.movedSeq,
      watch.markAskedUs,
      watch.openingUs ?? null,
      watch.stepsUsed,
      watch.stepsVersion,
    ],
  )
}

export interface DueMarket {
  readonly code: string
  /** How far it was read. */
  readonly seq: bigint
  /** Whether the journal goes on from there. */
  readonly behind: boolean
}

/**
 * Markets whose journal goes on beyond the cursor, or whose alarm is due. Stopped ones are left alone, and those of another
 * version of the rules.
 */
export async function dueMarkets(db: Db, cursor: string, nowUs: number): Promise<DueMarket[]> {
  return db.query<DueMarket>(
    `SELECT m.code, coalesce(c.seq, 0) AS seq, h.last_seq > coalesce(c.seq, 0) AS behind
     FROM exchange.heads h JOIN exchange.markets m ON m.id = h.market_id
     LEFT JOIN exchange.cursors c ON c.market_id = h.market_id AND c.name = $1
     LEFT JOIN exchange.watches w ON w.market_id = h.market_id
     WHERE h.stopped IS NULL AND h.rules = $3 AND (h.last_seq > coalesce(c.seq, 0) OR w.alarm_us <= $2)
     ORDER BY m.id`,
    [cursor, nowUs, rulesVersion],
  )
}
