import type { Db } from '@florin/kernel'

/** A market's change from one version of the rules to another. */
export interface RulesChange {
  /** The last command of the version before. */
  readonly afterSeq: number
  readonly before: number
  readonly rules: number
  /** Of the engine at that command. */
  readonly digest: Buffer
  readonly changedAt: Date
  readonly changedBy: string
}

/** Writes the change down, and lets only processes of the new version take the market over. */
export async function changeRules(db: Db, marketId: bigint, change: RulesChange): Promise<void> {
  const { afterSeq, before, rules, digest, changedAt, changedBy } = change
  await db.query(
    `WITH head AS (UPDATE exchange.heads SET rules = $4, rules_after = $2 WHERE market_id = $1)
     INSERT INTO exchange.rules_changes (market_id, after_seq, before, rules, digest, changed_at, changed_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [marketId, afterSeq, before, rules, digest, changedAt, changedBy],
  )
}

/** The version of the rules that carried a command out which is not of the present one. */
export async function rulesBefore(db: Db, marketId: bigint, seq: number): Promise<number> {
  const [row] = await db.query<{ before: number }>(
    `SELECT before FROM exchange.rules_changes WHERE market_id = $1 AND after_seq >= $2 ORDER BY after_seq, id LIMIT 1`,
    [marketId, seq],
  )
  if (row === undefined) throw new Error(`The market ${marketId} never changed its rules after ${seq}`)
  return row.before
}
