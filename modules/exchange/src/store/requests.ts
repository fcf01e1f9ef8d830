import type { Db } from '@florin/kernel'

/** A command that a call put into an inbox, and the number under which it was carried out, if it was. */
export interface RequestRow {
  readonly market_id: bigint
  readonly account: bigint
  /** Who sent it. */
  readonly actor: string | null
  readonly seq: number | undefined
}

/** The commands of a call in their order; none for a call that sent nothing. */
export async function requestRows(db: Db, callId: string): Promise<RequestRow[]> {
  const rows = await db.query<{
    market_id: bigint
    account: bigint
    actor: string | null
    seq: bigint | null
  }>(
    `SELECT i.market_id, i.account, i.origin->>'actor' AS actor, t.seq FROM exchange.inbox i LEFT JOIN exchange.taken t ON t.inbox_id = i.id
     WHERE i.call_id = $1 ORDER BY i.id`,
    [callId],
  )
  return rows.map((row) => ({ ...row, seq: row.seq === null ? undefined : Number(row.seq) }))
}

/** Those of the calls that sent something, all of which was carried out. */
export async function carriedOut(db: Db, callIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ call_id: string }>(
    `SELECT i.call_id FROM exchange.inbox i LEFT JOIN exchange.taken t ON t.inbox_id = i.id
     WHERE i.call_id = ANY($1::uuid[]) GROUP BY i.call_id HAVING count(*) = count(t.inbox_id)`,
    [callIds],
  )
  return new Set(rows.map(({ call_id }) => call_id))
}

/** The channel on which owners tell that commands of the inbox were carried out. */
export const takenChannel = 'florin_exchange_taken'
