import type { Db, Unit } from '@florin/kernel'
import { parseDecimal } from '@florin/money'
import { prefixRange } from '../domain/address.ts'
import {
  isBroken,
  type Monitor,
  type MonitorCondition,
  outermost,
  type Safeguard,
} from '../domain/watches.ts'
import { findExponents } from './assets.ts'
import type { LedgerHead } from './head.ts'
import { instant, sendAll } from './rows.ts'
import { type SafeguardSum, saveSums } from './watch-states.ts'
import { type MonitorRule, monitorOf, type SetWatch } from './watches.ts'

const debitNormal = `a.type IN ('asset', 'expense')`
const total = `CASE WHEN ${debitNormal} THEN b.posted_debits - b.posted_credits ELSE b.posted_credits - b.posted_debits END`
const reserved = `CASE WHEN ${debitNormal} THEN b.pending_credits ELSE b.pending_debits END`
/** The balance after record `seq`. */
const totalAt = (
  seq: string,
): string => `(SELECT CASE WHEN ${debitNormal} THEN d - c ELSE c - d END FROM (SELECT
    coalesce((SELECT p.debit_debits FROM ledger.postings p WHERE p.debit_account = a.id AND p.seq <= ${seq}
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS d,
    coalesce((SELECT p.credit_credits FROM ledger.postings p WHERE p.credit_account = a.id AND p.seq <= ${seq}
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS c) sides)`
/** The balance at the beginning of the window that was judged last: with the account's last record, or later. */
const totalBefore = `(SELECT ${totalAt('started.seq')} FROM (
    SELECT ledger.seq_at(a.ledger_id, greatest(j.booked_at, s.since) - make_interval(secs => $6::int)) AS seq
    FROM ledger.journal j LEFT JOIN ledger.monitor_states s ON s.monitor = $7 AND s.account_id = a.id
    WHERE j.ledger_id = a.ledger_id AND j.seq = b.version) started)`

/** The conditions over an account `a` and its counters `b`; $5 is the amount, $6 the window in seconds. */
const conditionSql: Readonly<Record<MonitorCondition, string>> = {
  available_below: `(${total}) - (${reserved}) < $5`,
  available_above: `(${total}) - (${reserved}) > $5`,
  reserved_above: `(${reserved}) > $5`,
  total_below: `(${total}) < $5`,
  total_above: `(${total}) > $5`,
  change_above: `abs((${total}) - ${totalBefore}) > $5`,
}

/** Accounts that the monitor watches and that something ever happened to; $1 to $6 are those of `conditionValues`. */
const watchedSql = `ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id
  WHERE a.ledger_id = $1 AND a.asset = $2 AND b.version > 0
    AND (a.address = $3::text OR (a.address > $3::text || ':' AND a.address < $4)) AND $6::int IS NOT DISTINCT FROM $6::int`

function conditionValues(ledgerId: bigint, monitor: Monitor): unknown[] {
  const { self, before } = prefixRange(monitor.prefix)
  return [ledgerId, monitor.asset, self, before, monitor.amount, monitor.windowSeconds ?? null]
}

/** Judges a new monitor on all accounts that it watches, as of their last change. Gives how many it is triggered on. */
export async function judgeAll(unit: Unit, ledger: LedgerHead, monitor: Monitor): Promise<number> {
  const rows = await unit.db.query(
    `INSERT INTO ledger.monitor_states (monitor, account_id, triggered, since, seq)
     SELECT $7, a.id, true, $8, $9 FROM ${watchedSql} AND (${conditionSql[monitor.when]}) RETURNING account_id`,
    [...conditionValues(ledger.id, monitor), monitor.id, instant(ledger.bookedAt), ledger.seq],
  )
  return rows.length
}

/** Accounts whose change within the window is no longer what the monitor tells of, though nothing happened since. */
export async function calmAccounts(
  db: Db,
  ledgerId: bigint,
  monitor: Monitor,
  now: number,
  most: number,
): Promise<{ readonly id: bigint; readonly change: bigint }[]> {
  return db.query<{ id: bigint; change: bigint }>(
    `SELECT id, change FROM (
       SELECT a.id, (${total}) - ${totalAt('started.seq')} AS change
       FROM (SELECT ledger.seq_at($2, $3::timestamptz - make_interval(secs => $4::int)) AS seq OFFSET 0) started
       CROSS JOIN ledger.monitor_states s JOIN ledger.accounts a ON a.id = s.account_id
       JOIN ledger.balances b ON b.account_id = a.id
       WHERE s.monitor = $1 AND s.triggered) judged
     WHERE abs(change) <= $5 ORDER BY id LIMIT $6`,
    [monitor.id, ledgerId, instant(now), monitor.windowSeconds ?? 0, monitor.amount, most],
  )
}

/** Monitors of changes within a window that time has cleared somewhere. */
export async function findCalmMonitors(
  db: Db,
  now: number,
): Promise<{ readonly ledger: string; readonly monitor: string }[]> {
  const triggered = await db.query<{ ledger_id: bigint; ledger: string } & SetWatch<MonitorRule>>(
    `SELECT w.ledger_id, l.name AS ledger, w.id, w.name, w.rule FROM ledger.watches w JOIN ledger.ledgers l ON l.id = w.ledger_id
     WHERE w.kind = 'monitor' AND w.rule->>'when' = 'change_above'
       AND EXISTS (SELECT FROM ledger.monitor_states s WHERE s.monitor = w.id AND s.triggered)
       AND NOT EXISTS (SELECT FROM ledger.watches n
         WHERE n.ledger_id = w.ledger_id AND n.kind = w.kind AND n.name = w.name AND n.version = w.version + 1)`,
  )
  const exponents = await findExponents(db, new Set(triggered.map(({ rule }) => rule.asset)))
  const calm: { ledger: string; monitor: string }[] = []
  for (const { ledger_id, ledger, ...set } of triggered) {
    const monitor = monitorOf(set, (text, asset) => parseDecimal(text, exponents.get(asset) ?? 0))
    if ((await calmAccounts(db, ledger_id, monitor, now, 1)).length > 0)
      calm.push({ ledger, monitor: set.name })
  }
  return calm
}

/** Accounts on which the monitor's kept state is not what the counters come to. */
export async function falseStates(
  db: Db,
  ledgerId: bigint,
  monitor: Monitor,
  setAfter: bigint,
  most: number,
): Promise<{ readonly place: string; readonly expected: boolean; readonly found: boolean }[]> {
  // A change within a window is first judged with the first record after the monitor was set.
  const judgedAfter = monitor.when === 'change_above' ? setAfter : 0n
  return db.query<{ place: string; expected: boolean; found: boolean }>(
    `SELECT place, expected, found FROM (
       SELECT a.address || ' ' || a.asset AS place, (${conditionSql[monitor.when]}) AS expected,
         coalesce((SELECT s.triggered FROM ledger.monitor_states s WHERE s.monitor = $7 AND s.account_id = a.id), false) AS found
       FROM ${watchedSql} AND b.version > $9) judged
     WHERE expected <> found ORDER BY place LIMIT $8`,
    [...conditionValues(ledgerId, monitor), monitor.id, most, judgedAfter],
  )
}

/** Both sides of a safeguard by asset, in minor units, added up from all balances. */
export async function addUp(
  db: Db,
  ledgerId: bigint,
  { hold, owe, assets }: Safeguard,
): Promise<
  { readonly asset: string; readonly exponent: number; readonly held: bigint; readonly owed: bigint }[]
> {
  return db.query<{ asset: string; exponent: number; held: bigint; owed: bigint }>(
    `SELECT asset, exponent, sum(held) AS held, sum(owed) AS owed FROM (
       SELECT a.asset, a.exponent, b.posted_debits - b.posted_credits AS held, 0::numeric AS owed ${belowSql('$2')}
       UNION ALL
       SELECT a.asset, a.exponent, 0::numeric, greatest(b.posted_credits - b.posted_debits, 0) ${belowSql('$3')}) sides
     WHERE $4::text[] IS NULL OR asset = ANY($4::text[])
     GROUP BY asset, exponent ORDER BY asset`,
    [ledgerId, outermost(hold), outermost(owe), assets === undefined ? null : [...assets]],
  )
}

/** Accounts at or below any of the prefixes; each is found once where no prefix lies within another. */
function belowSql(prefixes: string): string {
  return `FROM unnest(${prefixes}::text[]) AS w(prefix) JOIN ledger.accounts a
      ON a.ledger_id = $1 AND (a.address = w.prefix OR (a.address > w.prefix || ':' AND a.address < w.prefix || ';'))
    JOIN ledger.balances b ON b.account_id = a.id`
}

/** Adds up a new safeguard and keeps its sums. The ledger must be locked. */
export async function addUpAndKeep(
  unit: Unit,
  ledger: LedgerHead,
  safeguard: Safeguard,
): Promise<{ readonly sum: SafeguardSum; readonly exponent: number }[]> {
  const found = await addUp(unit.db, ledger.id, safeguard)
  const sums = found.map(({ asset, exponent, held, owed }) => ({
    exponent,
    sum: {
      safeguard: safeguard.id,
      asset,
      held,
      owed,
      broken: isBroken(safeguard, asset, held, owed),
      since: ledger.bookedAt,
      seq: ledger.seq,
    },
  }))
  await sendAll(unit.db, saveSums(sums.map(({ sum }) => sum)))
  return sums
}
