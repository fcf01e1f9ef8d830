import type { Db, Unit } from '@florin/kernel'
import { defaultPolicies, type Policies, type PolicyKind, type Version } from '../domain/supervision.ts'

export interface PolicyRecord<K extends PolicyKind> extends Version<Policies[K]> {
  readonly setAt: Date | undefined
  readonly setBy: string | undefined
}

/** All versions of a market's policy in their order, none if none was ever set. */
export async function policyVersions<K extends PolicyKind>(
  db: Db,
  marketId: bigint,
  kind: K,
): Promise<PolicyRecord<K>[]> {
  const rows = await db.query<{ version: number; policy: Policies[K]; set_at: Date; set_by: string }>(
    `SELECT version, policy, set_at, set_by FROM exchange.supervision_policies
     WHERE market_id = $1 AND kind = $2 ORDER BY version`,
    [marketId, kind],
  )
  return rows.map(({ version, policy, set_at, set_by }) => ({
    version,
    policy,
    sinceUs: set_at.getTime() * 1_000,
    setAt: set_at,
    setBy: set_by,
  }))
}

/** The policy in force; what holds by default, as version 0, if none was set. */
export async function currentPolicy<K extends PolicyKind>(
  db: Db,
  marketId: bigint,
  kind: K,
): Promise<PolicyRecord<K>> {
  const last = (await policyVersions(db, marketId, kind)).at(-1)
  const none = { version: 0, policy: defaultPolicies[kind], sinceUs: 0, setAt: undefined, setBy: undefined }
  return last ?? none
}

/** Writes a policy down as the version after the last. The market's watch must be locked. */
export async function insertPolicy<K extends PolicyKind>(
  unit: Unit,
  marketId: bigint,
  kind: K,
  policy: Policies[K],
): Promise<PolicyRecord<K>> {
  const [row] = await unit.db.query<{ version: number; set_at: Date; set_by: string }>(
    `INSERT INTO exchange.supervision_policies (market_id, kind, version, policy, set_at, set_by)
     SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5
     FROM exchange.supervision_policies WHERE market_id = $1 AND kind = $2 RETURNING version, set_at, set_by`,
    [marketId, kind, JSON.stringify(policy), new Date(unit.clock.now()), unit.context.actor.id],
  )
  if (row === undefined) throw new Error('The policy was not written')
  const { version, set_at, set_by } = row
  return { version, policy, sinceUs: set_at.getTime() * 1_000, setAt: set_at, setBy: set_by }
}
