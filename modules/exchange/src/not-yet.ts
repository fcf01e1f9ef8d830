import type { Db } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'

interface Unfinished {
  readonly code: string
  readonly rules: number
  readonly owner: string | null
  readonly stopped: string | null
  readonly last_seq: bigint
  readonly closed: boolean
  readonly behind: readonly string[]
}

/**
 * Why the schema can't be migrated yet, or undefined: a market of other rules was not left at rest. Only the version before can
 * finish it, and would not start any more. Asks in words of its own for what every version's schema has.
 */
export async function notYet(db: Db): Promise<string | undefined> {
  const rules = await rulesColumn(db)
  const [market] = await db.query<Unfinished>(
    `SELECT m.code, ${rules} AS rules, h.owner, h.stopped, h.last_seq,
       EXISTS (SELECT FROM exchange.snapshots s WHERE s.market_id = m.id AND s.seq = h.last_seq) AS closed,
       ARRAY(SELECT name FROM exchange.cursors c WHERE c.market_id = m.id AND c.seq < h.last_seq ORDER BY name) AS behind
     FROM exchange.heads h JOIN exchange.markets m ON m.id = h.market_id
     WHERE ${rules} <> $1 AND h.last_seq > 0 AND (
       h.owner IS NOT NULL OR h.stopped IS NOT NULL
       OR NOT EXISTS (SELECT FROM exchange.snapshots s WHERE s.market_id = m.id AND s.seq = h.last_seq)
       OR EXISTS (SELECT FROM exchange.cursors c WHERE c.market_id = m.id AND c.seq < h.last_seq))
     ORDER BY m.code LIMIT 1`,
    [rulesVersion],
  )
  if (market === undefined) return undefined
  return `The market ${market.code} is of version ${market.rules} of the matching rules and this Florin has version ${rulesVersion}, which can go on only from where that one ended in order; but it ${reasonOf(market)}. Nothing was changed: start the version before once more, let it come to the end, and stop it in order.`
}

function reasonOf({ owner, stopped, last_seq, closed, behind }: Unfinished): string {
  if (owner !== null) return `is run by ${owner}, or was when that crashed`
  if (stopped !== null) return `was stopped: ${stopped}`
  if (behind.length > 0) return `was not read to its end by ${behind.join(', ')}`
  return closed ? 'is not at rest' : `has no snapshot of command ${last_seq}, its last`
}

/** Before versions were kept all was of the first. */
async function rulesColumn(db: Db): Promise<'h.rules' | '1'> {
  const found = await db.query(
    `SELECT FROM information_schema.columns
     WHERE table_schema = 'exchange' AND table_name = 'heads' AND column_name = 'rules'`,
  )
  return found.length === 0 ? '1' : 'h.rules'
}
