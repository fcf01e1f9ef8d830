import type { Db, Unit } from '@florin/kernel'
import { prefixRange } from '../domain/address.ts'
import {
  isBroken,
  type Monitor,
  type MonitorCondition,
  outermost,
  type Safeguard,
} from '../domain/watches.ts'
import type { LedgerHead } from './head.ts'
import { instant, sendAll } from './rows.ts'
import { type SafeguardSum, saveSums } from './watch-states.ts'

const debitNormal = `a.type IN ('asset', 'expense')`
const total = `CASE WHEN ${debitNormal} THEN b.posted_debits - b.posted_credits ELSE b.posted_credits - b.posted_debits END`
const reserved = `CASE WHEN ${debitNormal} THEN b.pending_credits ELSE b.pending_debits END`
/** The account's balance at the beginning of the window that ended with its last change. */
const totalBefore = `coalesce((SELECT CASE WHEN ${debitNormal} THEN d - c ELSE c - d END FROM (SELECT
    coalesce((SELECT p.debit_debits FROM ledger.postings p WHERE p.debit_account = a.id AND p.seq <= started.seq
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS d,
    coalesce((SELECT p.credit_credits FROM ledger.postings p WHERE p.credit_account = a.id AND p.seq <= started.seq
              ORDER BY p.seq DESC, p.line DESC LIMIT 1), 0) AS c
  FROM (SELECT ledger.seq_at(a.ledger_id, j.booked_at - make_interval(secs => $6::int)) AS seq
        FROM ledger.journal j WHERE j.ledger_id = a.ledger_id AND j.seq = b.version) started) then_), 0)`

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
