import type { Db } from '@florin/kernel'
import type { SeenState } from '../supervision/observer.ts'

export async function insertStates(db: Db, marketId: bigint, states: readonly SeenState[]): Promise<void> {
  if (states.length === 0) return
  const column = (name: keyof SeenState): number[] => states.map((state) => state[name])
  await db.query(
    `INSERT INTO exchange.account_states (market_id, seq, account_id, state, previous, cause, equity, at_us)
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::bigint[])`,
    [
      marketId,
      column('seq'),
      column('account'),
      column('state'),
      column('previous'),
      column('cause'),
      column('equity'),
      column('timeUs'),
    ],
  )
}

export interface StateRow {
  readonly seq: bigint
  readonly account: string
  readonly state: number
  readonly previous: number
  readonly cause: number
  readonly equity: bigint
  readonly at_us: bigint
  /** Who sent the command, and why; null for what came by a session. */
  readonly actor: string | null
  readonly reason: string | null
}

/** Changes of accounts' states in the order of the journal, after a command and account. */
export async function listStates(
  db: Db,
  marketId: bigint,
  account: bigint | undefined,
  after: { readonly seq: string; readonly account: string },
  limit: number,
): Promise<(StateRow & { readonly account_id: bigint })[]> {
  return db.query(
    `SELECT s.seq, s.account_id, a.code AS account, s.state, s.previous, s.cause, s.equity, s.at_us,
       i.origin->>'actor' AS actor, i.origin->>'reason' AS reason
     FROM exchange.account_states s JOIN exchange.accounts a ON a.id = s.account_id
     LEFT JOIN exchange.taken t ON t.market_id = s.market_id AND t.seq = s.seq
     LEFT JOIN exchange.inbox i ON i.id = t.inbox_id
     WHERE s.market_id = $1 AND ($2::bigint IS NULL OR s.account_id = $2)
       AND (s.seq, s.account_id) > ($3::bigint, $4::bigint) ORDER BY s.seq, s.account_id LIMIT $5`,
    [marketId, account ?? null, after.seq, after.account, limit],
  )
}

/** Those of the commands that a liquidation sent. */
export async function sentByLiquidation(
  db: Db,
  marketId: bigint,
  seqs: readonly number[],
): Promise<ReadonlySet<number>> {
  if (seqs.length === 0) return new Set()
  const rows = await db.query<{ seq: bigint }>(
    `SELECT t.seq FROM exchange.taken t JOIN exchange.inbox i ON i.id = t.inbox_id
     WHERE t.market_id = $1 AND t.seq = ANY($2::bigint[]) AND i.origin ? 'liquidation'`,
    [marketId, seqs],
  )
  return new Set(rows.map(({ seq }) => Number(seq)))
}
