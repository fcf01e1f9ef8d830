import type { Db, Unit } from '@florin/kernel'
import { words } from '@florin/orderbook'
import { ownerOf } from '../sequencer/owners.ts'
import type { MarketRecord } from './markets.ts'

/** A command on its way to a market's engine. */
export interface InboxCommand {
  /** 16 words as the engine reads them; the time is the sequencer's to give. */
  readonly words: Int32Array
  /** The call that brought it; the unit's if absent. */
  readonly callId?: string
  /** The account's number; 0 is the operator. */
  readonly account?: number
  /** The caller's own name for it. */
  readonly clientRef?: string
  /** What records of it need and the engine does not: who decided, by what algorithm, for which client. */
  readonly origin?: Readonly<Record<string, unknown>>
}

/** The channel on which other processes are told that commands wait. */
export const inboxChannel = 'florin_exchange'

/**
 * Puts commands into a market's inbox as part of the unit: they are carried out, once and in this order, if it commits.
 * Gives their numbers in the inbox; `exchange.taken` says under which sequence number each was carried out.
 */
export async function enqueue(
  unit: Unit,
  market: Pick<MarketRecord, 'id'>,
  commands: readonly InboxCommand[],
): Promise<bigint[]> {
  if (commands.length === 0) return []
  const now = new Date(unit.clock.now())
  const rows = await unit.db.query<{ id: bigint }>(
    `WITH entered AS (
       INSERT INTO exchange.inbox (market_id, command, call_id, account, client_ref, origin, created_at)
       SELECT $1, c.command, c.call_id, c.account, c.client_ref, c.origin, $2
       FROM unnest($3::bytea[], $4::uuid[], $5::bigint[], $6::text[], $7::jsonb[]) WITH ORDINALITY
         AS c (command, call_id, account, client_ref, origin, place) ORDER BY c.place
       RETURNING id
     ), queued AS (
       INSERT INTO exchange.waiting (market_id, inbox_id) SELECT $1, id FROM entered
     )
     SELECT id FROM entered ORDER BY id`,
    [
      market.id,
      now,
      commands.map((command) => bytesOf(command.words)),
      commands.map((command) => command.callId ?? unit.callId),
      commands.map((command) => command.account ?? 0),
      commands.map((command) => command.clientRef ?? null),
      commands.map((command) => (command.origin === undefined ? null : JSON.stringify(command.origin))),
    ],
  )
  await tellOwner(unit, market.id)
  return rows.map(({ id }) => id)
}

/** The owner may be in this process, where a call after the commit is enough, or in any other. */
async function tellOwner(unit: Unit, marketId: bigint): Promise<void> {
  const owner = ownerOf(unit.db, marketId)
  if (owner === undefined) void unit.db.send('SELECT pg_notify($1, $2)', [inboxChannel, String(marketId)])
  else unit.afterCommit(() => owner.nudge())
}

function bytesOf(command: Int32Array): Buffer {
  if (command.length !== words) throw new Error(`A command has ${words} words, not ${command.length}`)
  return Buffer.from(command.buffer, command.byteOffset, command.byteLength)
}

export interface WaitingCommand {
  readonly id: bigint
  readonly command: Buffer
}

/** Commands that nobody took yet, the oldest first. */
export async function waitingCommands(db: Db, marketId: bigint, limit: number): Promise<WaitingCommand[]> {
  return db.query<{ id: bigint; command: Buffer }>(
    `SELECT i.id, i.command FROM exchange.waiting w JOIN exchange.inbox i ON i.id = w.inbox_id
     WHERE w.market_id = $1 ORDER BY w.inbox_id LIMIT $2`,
    [marketId, limit],
  )
}

/** Those of the markets for which commands wait. */
export async function marketsWithWaiting(db: Db, markets: readonly bigint[]): Promise<bigint[]> {
  if (markets.length === 0) return []
  const rows = await db.query<{ id: bigint }>(
    `SELECT m.id FROM unnest($1::bigint[]) AS m (id)
     WHERE EXISTS (SELECT FROM exchange.waiting w WHERE w.market_id = m.id)`,
    [markets],
  )
  return rows.map(({ id }) => id)
}
