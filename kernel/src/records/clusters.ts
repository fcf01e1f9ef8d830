import { type Database, type Db, errorCode } from '../database.ts'

interface Cluster {
  readonly system: string | null
  readonly timeline: number | null
}

/**
 * Begins a new epoch of the audit trail and the outbox where this database has come into another cluster (a dump was
 * restored) or onto another timeline (it was recovered to a point in time). To be called at each start, with the rights
 * of the owner.
 */
export async function noteCluster(database: Database): Promise<void> {
  const [there] = await database.query(`SELECT 1 FROM pg_class WHERE oid = to_regclass('kernel.clusters')`)
  if (there === undefined) return
  const cluster = await clusterOf(database)
  await database.transaction(async (db) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('florin.clusters'))`)
    const [latest] = await db.query<Cluster>(
      'SELECT system_identifier AS system, timeline FROM kernel.clusters ORDER BY epoch DESC LIMIT 1',
    )
    const future = await hasFutureRows(db)
    if (!future && latest !== undefined && sameCluster(latest, cluster)) return
    // nobody writes while the numbers are read: what is under way ends first
    await db.query('LOCK TABLE kernel.audit, kernel.outbox IN SHARE ROW EXCLUSIVE MODE')
    if (latest === undefined && future) await beginEpoch(db, { system: null, timeline: null }, false)
    await beginEpoch(db, cluster, latest !== undefined || future)
  })
}

/** The number of the cluster and of its timeline; unknown to a login that may not look, on some hosted servers. */
async function clusterOf(database: Database): Promise<Cluster> {
  try {
    const [row] = await database.query<Cluster>(
      `SELECT system_identifier::text AS system,
         ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline FROM pg_control_system()`,
    )
    return row ?? { system: null, timeline: null }
  } catch (error) {
    if (errorCode(error) === '42501') return { system: null, timeline: null }
    throw error
  }
}

function sameCluster(one: Cluster, other: Cluster): boolean {
  return one.system === other.system && one.timeline === other.timeline
}

/** Whatever the cluster says of itself: ids that it has not given out yet were given out by another one. */
async function hasFutureRows(db: Db): Promise<boolean> {
  const [row] = await db.query<{ future: boolean }>(
    `WITH epoch AS (SELECT coalesce(max(audit_after), 0) AS audit_after, coalesce(max(outbox_after), 0) AS outbox_after FROM kernel.clusters)
     SELECT EXISTS (SELECT FROM kernel.audit WHERE xid >= pg_current_xact_id() AND seq > audit_after)
         OR EXISTS (SELECT FROM kernel.outbox WHERE xid >= pg_current_xact_id() AND seq > outbox_after) AS future FROM epoch`,
  )
  return row?.future === true
}

async function beginEpoch(db: Db, cluster: Cluster, above: boolean): Promise<void> {
  await db.query(
    `INSERT INTO kernel.clusters (epoch, system_identifier, timeline, noted_at, audit_after, outbox_after)
     SELECT (SELECT coalesce(max(epoch), 0) + 1 FROM kernel.clusters), $1, $2, clock_timestamp(),
       (SELECT coalesce(max(seq), 0) FROM kernel.audit WHERE $3), (SELECT coalesce(max(seq), 0) FROM kernel.outbox WHERE $3)`,
    [cluster.system, cluster.timeline, above],
  )
}

/** The rows of one life of the database: those with `after` < seq ≤ `upTo`. */
export interface Epoch {
  readonly epoch: number
  readonly after: bigint
  /** Undefined for the life that goes on. */
  readonly upTo: bigint | undefined
}

/** Every life of a record, the first one first. */
export async function epochsOf(db: Db, record: 'audit' | 'outbox'): Promise<Epoch[]> {
  const rows = await db.query<{ epoch: number; after: bigint }>(
    `SELECT epoch, ${record}_after AS after FROM kernel.clusters ORDER BY epoch`,
  )
  if (rows.length === 0)
    throw new Error('The table kernel.clusters is empty: the start has not noted the cluster')
  return rows.map(({ epoch, after }, i) => ({ epoch, after, upTo: rows[i + 1]?.after }))
}
