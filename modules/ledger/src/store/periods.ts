import { type Db, Refusal } from '@florin/kernel'
import type { Period, PeriodState } from '../domain/periods.ts'
import { arrayLiteral, instant } from './rows.ts'

interface PeriodRow {
  number: number
  name: string
  first_day: string
  last_day: string
  state: PeriodState
}

/** A ledger's calendar in the order of time, with how each period stands. */
export async function loadPeriods(db: Db, ledgerId: bigint): Promise<Period[]> {
  const rows = await db.query<PeriodRow>(
    `SELECT p.number, p.name, to_char(p.first_day, 'YYYY-MM-DD') AS first_day, to_char(p.last_day, 'YYYY-MM-DD') AS last_day,
       coalesce((SELECT c.state FROM ledger.period_changes c WHERE c.ledger_id = p.ledger_id AND c.period = p.number
                 ORDER BY c.version DESC LIMIT 1), 'open') AS state
     FROM ledger.periods p WHERE p.ledger_id = $1 ORDER BY p.number`,
    [ledgerId],
  )
  return rows.map(({ first_day, last_day, ...row }) => ({ ...row, firstDay: first_day, lastDay: last_day }))
}

/** @throws Refusal `period_not_found` */
export function namedPeriod(periods: readonly Period[], name: string): Period {
  const period = periods.find((one) => one.name === name)
  if (period !== undefined) return period
  throw new Refusal('period_not_found', `The ledger has no period "${name}"`, { period: name })
}

export async function insertPeriods(
  db: Db,
  ledgerId: bigint,
  periods: readonly Omit<Period, 'state'>[],
  by: string,
  now: number,
): Promise<void> {
  await db.query(
    `INSERT INTO ledger.periods (ledger_id, number, name, first_day, last_day, defined_at, defined_by)
     SELECT $1, number, name, first_day, last_day, $2, $3
     FROM unnest($4::int[], $5::text[], $6::date[], $7::date[]) AS p(number, name, first_day, last_day)`,
    [
      ledgerId,
      instant(now),
      by,
      arrayLiteral(periods.map((period) => period.number)),
      arrayLiteral(periods.map((period) => period.name)),
      arrayLiteral(periods.map((period) => period.firstDay)),
      arrayLiteral(periods.map((period) => period.lastDay)),
    ],
  )
}

/** A closing or reopening of a period. */
export interface PeriodChange {
  readonly version: number
  readonly state: PeriodState
  /** Where the journal ended before it, and after it. */
  readonly seqBefore: bigint
  readonly seq: bigint
  /** Epoch milliseconds. */
  readonly changedAt: number
  readonly changedBy: string
  readonly reason: string | undefined
  readonly retainedEarnings: string | undefined
  /** Ids of the closing entries, or of the entries that undo them. */
  readonly entries: readonly string[]
  readonly sha256: string | undefined
}

interface ChangeRow {
  version: number
  state: PeriodState
  seq_before: bigint
  seq: bigint
  changed_at: Date
  changed_by: string
  reason: string | null
  retained_earnings: string | null
  entries: string[]
  sha256: string | null
}

/** Every change of a period, the first one first, without the trial balances: those can be long. */
export async function loadChanges(db: Db, ledgerId: bigint, period: number): Promise<PeriodChange[]> {
  const rows = await db.query<ChangeRow>(
    `SELECT version, state, seq_before, seq, changed_at, changed_by, reason, retained_earnings, entries::text[] AS entries, sha256
     FROM ledger.period_changes WHERE ledger_id = $1 AND period = $2 ORDER BY version`,
    [ledgerId, period],
  )
  return rows.map((row) => ({
    version: row.version,
    state: row.state,
    seqBefore: row.seq_before,
    seq: row.seq,
    changedAt: row.changed_at.getTime(),
    changedBy: row.changed_by,
    reason: row.reason ?? undefined,
    retainedEarnings: row.retained_earnings ?? undefined,
    entries: row.entries,
    sha256: row.sha256 ?? undefined,
  }))
}

export async function insertChange(
  db: Db,
  ledgerId: bigint,
  period: number,
  change: PeriodChange & { readonly trialBalance: string | undefined },
): Promise<void> {
  await db.query(
    `INSERT INTO ledger.period_changes (ledger_id, period, version, state, seq_before, seq, changed_at, changed_by,
       reason, retained_earnings, entries, trial_balance, sha256)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], $12, $13)`,
    [
      ledgerId,
      period,
      change.version,
      change.state,
      change.seqBefore,
      change.seq,
      instant(change.changedAt),
      change.changedBy,
      change.reason ?? null,
      change.retainedEarnings ?? null,
      arrayLiteral(change.entries),
      change.trialBalance ?? null,
      change.sha256 ?? null,
    ],
  )
}

/** The trial balance that a closing stored, byte for byte. */
export async function storedTrialBalance(
  db: Db,
  ledgerId: bigint,
  period: number,
  version: number,
): Promise<string | undefined> {
  const [row] = await db.query<{ trial_balance: string | null }>(
    'SELECT trial_balance FROM ledger.period_changes WHERE ledger_id = $1 AND period = $2 AND version = $3',
    [ledgerId, period, version],
  )
  return row?.trial_balance ?? undefined
}
