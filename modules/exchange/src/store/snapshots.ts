import { promisify } from 'node:util'
import { deflate as deflateZlib, inflate as inflateZlib } from 'node:zlib'
import { type Db, errorCode } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'

const deflate = promisify(deflateZlib)
const inflate = promisify(inflateZlib)

/** The state of a market's engine after a command. */
export interface Snapshot {
  readonly seq: number
  readonly digest: Buffer
  readonly state: Uint8Array
}

/**
 * The newest that are kept of each market; of older ones the last of each day is, and those with which a version of the
 * rules began.
 */
const kept = 3

/** Keeps a snapshot. The fastest level: an engine's state is mostly zeros. */
export async function writeSnapshot(db: Db, marketId: bigint, snapshot: Snapshot): Promise<void> {
  const state = await deflate(snapshot.state, { level: 1 })
  await db.query(
    `WITH kept AS (
       INSERT INTO exchange.snapshots (market_id, seq, digest, state, rules) VALUES ($1, $2, $3, $4, $6)
       ON CONFLICT DO NOTHING
     )
     DELETE FROM exchange.snapshots s WHERE market_id = $1 AND seq <= (
       SELECT seq FROM exchange.snapshots WHERE market_id = $1 ORDER BY seq DESC OFFSET $5 LIMIT 1
     ) AND EXISTS (
       SELECT FROM exchange.snapshots later
       WHERE later.market_id = $1 AND later.seq > s.seq AND later.taken_at::date = s.taken_at::date
     ) AND NOT EXISTS (SELECT FROM exchange.rules_changes c WHERE c.market_id = $1 AND c.after_seq = s.seq)`,
    [marketId, snapshot.seq, snapshot.digest, state, kept - 1, rulesVersion],
  )
}

/** A snapshot as it is kept; its state is undefined where it was damaged. */
export type KeptSnapshot = Omit<Snapshot, 'state'> & { readonly state: Uint8Array | undefined }

/** The newest snapshot from `from` to `notAfter`, or undefined. */
export async function readSnapshot(
  db: Db,
  marketId: bigint,
  from: number,
  notAfter: number,
): Promise<KeptSnapshot | undefined> {
  const [row] = await db.query<{ seq: bigint; digest: Buffer; state: Buffer }>(
    `SELECT seq, digest, state FROM exchange.snapshots WHERE market_id = $1 AND seq BETWEEN $2 AND $3
     ORDER BY seq DESC LIMIT 1`,
    [marketId, from, notAfter],
  )
  if (row === undefined) return undefined
  return { seq: Number(row.seq), digest: row.digest, state: await inflated(row.state) }
}

async function inflated(state: Buffer): Promise<Uint8Array | undefined> {
  try {
    return await inflate(state)
  } catch (error) {
    if (errorCode(error)?.startsWith('Z_') === true) return undefined
    throw error
  }
}
