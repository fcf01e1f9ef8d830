import type { Db } from '@florin/kernel'

/** A hold that stands behind an account's buying power on a market. */
export interface Block {
  readonly hold: string
  readonly account: number
  /** Minor units of the quote. */
  readonly remaining: bigint
}

/** Holds with something left, the oldest first; of all accounts if none are named. */
export async function openBlocks(db: Db, marketId: bigint, accounts?: readonly number[]): Promise<Block[]> {
  const rows = await db.query<{ hold: string; account_id: bigint; remaining: bigint }>(
    `SELECT hold, account_id, remaining FROM exchange.blocks
     WHERE market_id = $1 AND remaining > 0 AND ($2::bigint[] IS NULL OR account_id = ANY($2::bigint[]))
     ORDER BY account_id, place`,
    [marketId, accounts ?? null],
  )
  return rows.map(({ hold, account_id, remaining }) => ({ hold, account: Number(account_id), remaining }))
}

export async function insertBlocks(db: Db, marketId: bigint, blocks: readonly Block[]): Promise<void> {
  if (blocks.length === 0) return
  await db.send(
    `INSERT INTO exchange.blocks (hold, market_id, account_id, remaining)
     SELECT b.hold, $1, b.account, b.remaining
     FROM unnest($2::uuid[], $3::bigint[], $4::numeric[]) WITH ORDINALITY AS b (hold, account, remaining, place) ORDER BY b.place`,
    [
      marketId,
      blocks.map(({ hold }) => hold),
      blocks.map(({ account }) => account),
      blocks.map(({ remaining }) => remaining),
    ],
  )
}

export async function lowerBlocks(
  db: Db,
  lowered: readonly { readonly hold: string; readonly by: bigint }[],
): Promise<void> {
  if (lowered.length === 0) return
  await db.send(
    `UPDATE exchange.blocks b SET remaining = b.remaining - l.by
     FROM unnest($1::uuid[], $2::numeric[]) AS l (hold, by) WHERE b.hold = l.hold`,
    [lowered.map(({ hold }) => hold), lowered.map(({ by }) => by)],
  )
}

/** How an account's buying power is topped up; minor units of the quote. */
export interface BuyingPowerPolicy {
  readonly account: number
  /** Topped up when less is free. */
  readonly low: bigint
  /** Up to this; 0: not by itself. */
  readonly target: bigint
}

/** The policies in force that do something; that of one account also if it does not. */
export async function policiesInForce(
  db: Db,
  marketId: bigint,
  account?: bigint,
): Promise<BuyingPowerPolicy[]> {
  const rows = await db.query<{ account_id: bigint; low: bigint; target: bigint }>(
    `SELECT account_id, low, target FROM (
       SELECT DISTINCT ON (account_id) account_id, low, target FROM exchange.buying_power_policies
       WHERE market_id = $1 AND ($2::bigint IS NULL OR account_id = $2) ORDER BY account_id, version DESC
     ) p WHERE target > 0 OR $2::bigint IS NOT NULL ORDER BY account_id`,
    [marketId, account ?? null],
  )
  return rows.map(({ account_id, low, target }) => ({ account: Number(account_id), low, target }))
}

export async function insertPolicy(
  db: Db,
  marketId: bigint,
  policy: BuyingPowerPolicy,
  set: { readonly at: number; readonly by: string },
): Promise<void> {
  await db.query(
    `INSERT INTO exchange.buying_power_policies (market_id, account_id, version, low, target, set_at, set_by)
     SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 FROM exchange.buying_power_policies
     WHERE market_id = $1 AND account_id = $2`,
    [marketId, policy.account, policy.low, policy.target, new Date(set.at), set.by],
  )
}
