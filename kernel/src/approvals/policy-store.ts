import type { Db } from '../database.ts'
import type { Policy } from './schemas.ts'

/** What stands in `definition`. */
export type Definition = Omit<Policy, 'policy' | 'version' | 'set_at' | 'set_by' | 'reason'>

interface PolicyRow {
  name: string
  version: number
  definition: Definition | null
  set_at: Date
  set_by: string
  reason: string
}

export interface PolicyChange {
  readonly name: string
  /** Null: removed. */
  readonly definition: Definition | null
  readonly actor: string
  readonly reason: string
  readonly now: number
}

/** The policies in force, by name, and the number of the newest change of any. */
export async function readPolicies(db: Db): Promise<{ version: number; policies: Policy[] }> {
  const rows = await db.query<PolicyRow>(
    `SELECT DISTINCT ON (name) name, version, definition, set_at, set_by, reason
     FROM kernel.approval_policies ORDER BY name, version DESC`,
  )
  return { version: Math.max(0, ...rows.map((row) => row.version)), policies: rows.flatMap(inForce) }
}

function inForce({ name, version, definition, set_at, set_by, reason }: PolicyRow): Policy[] {
  if (definition === null) return []
  return [{ policy: name, version, ...definition, set_at: set_at.toISOString(), set_by, reason }]
}

/**
 * Keeps other changes of policies waiting until the unit ends, so that their numbers are committed in order: whoever
 * sees the highest has seen all below it.
 */
export async function lockPolicies(db: Db): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtextextended('florin.approval-policies', 0))`)
}

/** Writes a change down, under the lock, and gives its number. */
export async function insertPolicy(db: Db, change: PolicyChange): Promise<number> {
  const [row] = await db.query<{ version: number }>(
    `INSERT INTO kernel.approval_policies (version, name, definition, set_at, set_by, reason)
     SELECT coalesce(max(version), 0) + 1, $1, $2, $3, $4, $5 FROM kernel.approval_policies RETURNING version`,
    [
      change.name,
      change.definition === null ? null : JSON.stringify(change.definition),
      new Date(change.now),
      change.actor,
      change.reason,
    ],
  )
  if (row === undefined) throw new Error('A change of a policy was not written down')
  return row.version
}
