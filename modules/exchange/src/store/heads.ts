import type { Db } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'

/** Where a market's journal ends, and who writes it. */
export interface Head {
  readonly marketId: bigint
  readonly epoch: bigint
  readonly owner: string | undefined
  readonly address: string | undefined
  readonly lastSeq: number
  /** Microseconds since 1970. */
  readonly lastTime: number
  /** Milliseconds since the owner was last heard of, by the database's clock. */
  readonly silentMs: number
  readonly stopped: string | undefined
  /** The version of the rules that its commands are carried out by, from the one after `rulesAfter` on. */
  readonly rules: number
  readonly rulesAfter: number
}

interface HeadRow {
  market_id: bigint
  epoch: bigint
  owner: string | null
  address: string | null
  last_seq: bigint
  last_time: bigint
  silent_ms: bigint
  stopped: string | null
  rules: number
  rules_after: bigint
}

const columns = `market_id, epoch, owner, address, last_seq, last_time, stopped, rules, rules_after,
  (extract(epoch FROM clock_timestamp() - heartbeat_at) * 1000)::bigint AS silent_ms`

/** All heads. */
export async function readHeads(db: Db): Promise<Head[]> {
  const rows = await db.query<HeadRow>(`SELECT ${columns} FROM exchange.heads ORDER BY market_id`)
  return rows.map((row) => headOf(row))
}

export function readHead(db: Db, marketId: bigint): Promise<Head> {
  return read(db, marketId, '')
}

/** As it stays until the end of the transaction: nobody takes the market over meanwhile. */
export function lockHead(db: Db, marketId: bigint): Promise<Head> {
  return read(db, marketId, 'FOR NO KEY UPDATE')
}

async function read(db: Db, marketId: bigint, lock: '' | 'FOR NO KEY UPDATE'): Promise<Head> {
  const [row] = await db.query<HeadRow>(
    `SELECT ${columns} FROM exchange.heads WHERE market_id = $1 ${lock}`,
    [marketId],
  )
  if (row === undefined) throw new Error(`The market ${marketId} has no head`)
  return headOf(row)
}

export interface Claim {
  readonly owner: string
  readonly address: string | undefined
  readonly clock: string
}

/**
 * Takes a market over, if nobody did since `seen`: from then on nothing is journalled under an older epoch. Undefined if
 * somebody was faster, or its journal is of another version of the rules.
 */
export async function takeOver(db: Db, seen: Head, claim: Claim): Promise<Head | undefined> {
  const [row] = await db.query<HeadRow>(
    `WITH head AS (
       UPDATE exchange.heads SET epoch = epoch + 1, owner = $3, address = $4, heartbeat_at = clock_timestamp()
       WHERE market_id = $1 AND epoch = $2 AND rules = $6 RETURNING *
     ), noted AS (
       INSERT INTO exchange.epochs (market_id, epoch, owner, clock, after_seq, rules)
       SELECT market_id, epoch, $3, $5, last_seq, rules FROM head
     )
     SELECT ${columns} FROM head`,
    [seen.marketId, seen.epoch, claim.owner, claim.address ?? null, claim.clock, rulesVersion],
  )
  return row === undefined ? undefined : headOf(row)
}

/** Says that the owner lives; gives the markets that are still its own. */
export async function beat(
  db: Db,
  epochs: readonly { readonly marketId: bigint; readonly epoch: bigint }[],
): Promise<ReadonlySet<bigint>> {
  if (epochs.length === 0) return new Set()
  const rows = await db.query<{ market_id: bigint }>(
    `UPDATE exchange.heads h SET heartbeat_at = clock_timestamp()
     FROM unnest($1::bigint[], $2::bigint[]) AS e (market_id, epoch)
     WHERE h.market_id = e.market_id AND h.epoch = e.epoch RETURNING h.market_id`,
    [epochs.map(({ marketId }) => marketId), epochs.map(({ epoch }) => epoch)],
  )
  return new Set(rows.map((row) => row.market_id))
}

/** Gives a market back, so that others need not wait for silence. */
export async function giveBack(db: Db, marketId: bigint, epoch: bigint): Promise<void> {
  await db.query(
    `UPDATE exchange.heads SET owner = NULL, address = NULL, heartbeat_at = 'epoch' WHERE market_id = $1 AND epoch = $2`,
    [marketId, epoch],
  )
}

/** Stops a market for good: nobody takes it over until an operator has found out why. */
export async function stopMarket(db: Db, marketId: bigint, epoch: bigint, why: string): Promise<void> {
  await db.query(
    `UPDATE exchange.heads SET stopped = $3, owner = NULL, address = NULL, heartbeat_at = 'epoch'
     WHERE market_id = $1 AND epoch = $2`,
    [marketId, epoch, why],
  )
}

function headOf(row: HeadRow): Head {
  return {
    marketId: row.market_id,
    epoch: row.epoch,
    owner: row.owner ?? undefined,
    address: row.address ?? undefined,
    lastSeq: Number(row.last_seq),
    lastTime: Number(row.last_time),
    silentMs: Number(row.silent_ms),
    stopped: row.stopped ?? undefined,
    rules: row.rules,
    rulesAfter: Number(row.rules_after),
  }
}

/** Lets a stopped market be taken over again. */
export async function unstop(db: Db, marketId: bigint): Promise<void> {
  await db.query('UPDATE exchange.heads SET stopped = NULL WHERE market_id = $1', [marketId])
}
