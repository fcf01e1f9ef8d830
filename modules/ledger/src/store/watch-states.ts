import type { Db } from '@florin/kernel'
import { arrayLiteral, columnOf, instant, rowSource, type Statement } from './rows.ts'

/** Where a monitor stands on an account. */
export interface MonitorState {
  readonly monitor: string
  readonly account: bigint
  readonly triggered: boolean
  /** Epoch milliseconds. */
  readonly since: number
  /** The record that turned it. */
  readonly seq: bigint
}

/** Both sides of a safeguard for one asset, in minor units. */
export interface SafeguardSum {
  readonly safeguard: string
  readonly asset: string
  readonly held: bigint
  readonly owed: bigint
  readonly broken: boolean
  /** Epoch milliseconds since when it is broken, or is not. */
  readonly since: number
  readonly seq: bigint
}

/** Which of these monitors are triggered on these accounts. Probes of the primary key. */
export async function loadTriggered(
  db: Db,
  pairs: readonly { readonly monitor: string; readonly account: bigint }[],
): Promise<{ readonly monitor: string; readonly account: bigint }[]> {
  if (pairs.length === 0) return []
  return db.query<{ monitor: string; account: bigint }>(
    `SELECT s.monitor, s.account_id AS account FROM unnest($1::uuid[], $2::bigint[]) AS w(monitor, account)
     JOIN ledger.monitor_states s ON s.monitor = w.monitor AND s.account_id = w.account WHERE s.triggered`,
    [arrayLiteral(pairs.map((p) => p.monitor)), arrayLiteral(pairs.map((p) => p.account))],
  )
}

/** The sums of these safeguards, for every asset that they have met. */
export async function loadSums(db: Db, safeguards: readonly string[]): Promise<SafeguardSum[]> {
  if (safeguards.length === 0) return []
  const rows = await db.query<Omit<SafeguardSum, 'since'> & { since: Date }>(
    `SELECT safeguard, asset, held, owed, broken, since, seq FROM ledger.safeguard_sums
     WHERE safeguard = ANY($1::uuid[]) ORDER BY safeguard, asset`,
    [arrayLiteral(safeguards)],
  )
  return rows.map((row) => ({ ...row, since: row.since.getTime() }))
}

export function saveStates(states: readonly MonitorState[]): Statement[] {
  if (states.length === 0) return []
  const values: unknown[] = []
  const rows = rowSource(
    [
      columnOf('account', 'bigint', states, (s) => s.account),
      columnOf('monitor', 'uuid', states, (s) => s.monitor),
      columnOf('triggered', 'boolean', states, (s) => String(s.triggered)),
      columnOf('since', 'timestamptz', states, (s) => instant(s.since)),
      columnOf('seq', 'bigint', states, (s) => s.seq),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.monitor_states (monitor, account_id, triggered, since, seq)
     SELECT monitor, account, triggered, since, seq FROM ${rows}
     ON CONFLICT (monitor, account_id) DO UPDATE SET triggered = excluded.triggered, since = excluded.since, seq = excluded.seq`,
      values,
    },
  ]
}

export function saveSums(sums: readonly SafeguardSum[]): Statement[] {
  if (sums.length === 0) return []
  const values: unknown[] = []
  const rows = rowSource(
    [
      columnOf('asset', 'text', sums, (s) => s.asset),
      columnOf('safeguard', 'uuid', sums, (s) => s.safeguard),
      columnOf('held', 'numeric', sums, (s) => s.held),
      columnOf('owed', 'numeric', sums, (s) => s.owed),
      columnOf('broken', 'boolean', sums, (s) => String(s.broken)),
      columnOf('since', 'timestamptz', sums, (s) => instant(s.since)),
      columnOf('seq', 'bigint', sums, (s) => s.seq),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.safeguard_sums (safeguard, asset, held, owed, broken, since, seq)
     SELECT safeguard, asset, held, owed, broken, since, seq FROM ${rows}
     ON CONFLICT (safeguard, asset) DO UPDATE SET held = excluded.held, owed = excluded.owed, broken = excluded.broken,
       since = excluded.since, seq = excluded.seq`,
      values,
    },
  ]
}
