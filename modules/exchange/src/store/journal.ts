import type { Db } from '@florin/kernel'
import { words } from '@florin/orderbook'
import { takenChannel } from './requests.ts'

/** Bytes of a command. */
export const commandBytes = words * Int32Array.BYTES_PER_ELEMENT

export interface JournalRow {
  readonly firstSeq: number
  readonly lastSeq: number
  /** Digest of the engine before the first of them. */
  readonly digest: Buffer
  /** The commands' words, one command after another. */
  readonly commands: Int32Array
  /** The version of the rules that carried them out. */
  readonly rules: number
}

/** What a group commit writes down. */
export interface Batch {
  readonly epoch: bigint
  /** Number of the last command before; the first one here is the next. */
  readonly after: number
  readonly count: number
  /** Microseconds since 1970 of the last command here. */
  readonly lastTime: number
  readonly commands: Int32Array
  readonly digest: Buffer
  /** Commands that came through the inbox, with the numbers they get. */
  readonly taken: readonly { readonly inboxId: bigint; readonly seq: number }[]
}

const advance = `head AS (
    UPDATE exchange.heads SET last_seq = $4, last_time = $5, heartbeat_at = clock_timestamp()
    WHERE market_id = $1 AND epoch = $2 AND last_seq = $3 RETURNING market_id
  )`
const record = `INSERT INTO exchange.journal (market_id, first_seq, last_seq, epoch, commands, digest)
  SELECT market_id, $3::bigint + 1, $4, $2, $6, $7 FROM head RETURNING first_seq`

const appendSql = `WITH ${advance} ${record}`
const appendTakenSql = `WITH ${advance}, gone AS (
    DELETE FROM exchange.waiting w USING head, unnest($8::bigint[]) AS t (id)
    WHERE w.market_id = head.market_id AND w.inbox_id = t.id
  ), taken AS (
    INSERT INTO exchange.taken (inbox_id, market_id, seq)
    SELECT t.id, head.market_id, t.seq FROM head, unnest($8::bigint[], $9::bigint[]) AS t (id, seq)
  ) ${record}, pg_notify('${takenChannel}', market_id::text)`

/**
 * Journals a batch, in one statement: head, journal and inbox commit together or not at all. False if the market belongs
 * to another epoch by now, or its journal does not end where the batch begins: nothing was written then.
 */
export async function appendBatch(db: Db, marketId: bigint, batch: Batch): Promise<boolean> {
  const { commands, taken } = batch
  const values = [
    marketId,
    batch.epoch,
    batch.after,
    batch.after + batch.count,
    batch.lastTime,
    Buffer.from(commands.buffer, commands.byteOffset, batch.count * commandBytes),
    batch.digest,
  ]
  const rows =
    taken.length === 0
      ? await db.query(appendSql, values)
      : await db.query(appendTakenSql, [
          ...values,
          taken.map(({ inboxId }) => inboxId),
          taken.map(({ seq }) => seq),
        ])
  return rows.length === 1
}

/** Rows of the journal with commands after `after`, in order. The first one may begin before it. */
export async function readJournal(
  db: Db,
  marketId: bigint,
  after: number,
  limit: number,
): Promise<JournalRow[]> {
  const rows = await db.query<{
    first_seq: bigint
    last_seq: bigint
    digest: Buffer
    commands: Buffer
    rules: number
  }>(
    `SELECT first_seq, last_seq, digest, commands,
       (SELECT rules FROM exchange.epochs e WHERE e.market_id = j.market_id AND e.epoch = j.epoch) AS rules
     FROM exchange.journal j
     WHERE market_id = $1 AND first_seq >= (
       SELECT coalesce(max(first_seq), 0) FROM exchange.journal WHERE market_id = $1 AND first_seq <= $2::bigint + 1
     ) AND last_seq > $2 ORDER BY first_seq LIMIT $3`,
    [marketId, after, limit],
  )
  return rows.map((row) => ({
    firstSeq: Number(row.first_seq),
    lastSeq: Number(row.last_seq),
    digest: row.digest,
    commands: wordsOf(row.commands),
    rules: row.rules,
  }))
}

/** Bytes as words; copied where they do not lie on a boundary of words. */
function wordsOf(bytes: Buffer): Int32Array {
  const aligned = bytes.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0
  const own = aligned ? bytes : Uint8Array.from(bytes)
  return new Int32Array(own.buffer, own.byteOffset, own.byteLength / Int32Array.BYTES_PER_ELEMENT)
}
