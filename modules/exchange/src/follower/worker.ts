import type { Command, Worker } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'

/** A reader of markets' journals that a background role keeps going. */
interface FollowingWorker {
  readonly name: string
  readonly everyMs: number
  /** Name of its cursor. */
  readonly cursor: string
  /** Reads on from the cursor; its input is the market. */
  readonly command: Command
}

/**
 * A worker that runs the command for every market whose journal goes on beyond the cursor. Stopped markets are left
 * alone: their journals contradict themselves, and would hold up the others. So are those of another version of the rules.
 */
export function followingWorker({ name, everyMs, cursor, command }: FollowingWorker): Worker {
  return {
    name,
    role: 'follower',
    everyMs,
    async run({ view, context, execute }) {
      const behind = await view.db.query<{ code: string; seq: bigint }>(
        `SELECT m.code, coalesce(c.seq, 0) AS seq FROM exchange.heads h JOIN exchange.markets m ON m.id = h.market_id
         LEFT JOIN exchange.cursors c ON c.market_id = h.market_id AND c.name = $1
         WHERE h.stopped IS NULL AND h.rules = $2 AND h.last_seq > coalesce(c.seq, 0) ORDER BY m.id`,
        [cursor, rulesVersion],
      )
      // The key is where it goes on from: what is written from there on is written once.
      for (const { code, seq } of behind) await execute(command, { market: code }, context(`${code}/${seq}`))
      return behind.length
    },
  }
}
