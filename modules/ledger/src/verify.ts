import type { Db, Finding, View } from '@florin/kernel'
import { Findings } from './verification/findings.ts'
import { checkLedgers } from './verification/journal.ts'
import { checkLedger } from './verification/ledger.ts'
import { type Scope, scopesOf } from './verification/scope.ts'

import { valueDaysCheck } from './verification/value-days.ts'
import { forwardChecks } from './verify-forwards.ts'
import { verifyPeriods } from './verify-periods.ts'
import { revaluationCheck } from './verify-revaluations.ts'
import { verifyWatches } from './verify-watches.ts'

interface FindingRow {
  subject: string
  expected: string
  found: string
}

/**
 * Checks that are one statement, for what grows with the accounts and not with the postings: each gives a row for
 * everything that is wrong.
 */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'debits-equal-credits',
    sql: `SELECT l.name || ' ' || a.asset AS subject, sum(b.posted_debits)::text AS expected, sum(b.posted_credits)::text AS found
          FROM ledger.balances b JOIN ledger.accounts a ON a.id = b.account_id JOIN ledger.ledgers l ON l.id = a.ledger_id
          GROUP BY l.name, a.asset HAVING sum(b.posted_debits) <> sum(b.posted_credits)`,
  },
  {
    name: 'dues-open-until-settled',
    sql: `SELECT d.ledger_id || '/' || d.seq || ' under ' || d.prefix AS subject,
            CASE WHEN d.open THEN 'closed' ELSE 'open' END AS expected, CASE WHEN d.open THEN 'open' ELSE 'closed' END AS found
          FROM ledger.dues d LEFT JOIN ledger.journal j ON j.ledger_id = d.ledger_id AND j.seq = d.seq
          WHERE d.open = (EXISTS (SELECT FROM ledger.settlements s WHERE s.ledger_id = d.ledger_id AND s.seq = d.seq)
            OR EXISTS (SELECT FROM ledger.journal r WHERE r.subject = j.id AND r.kind = 'reversal' AND r.refusal IS NULL))`,
  },
  {
    name: 'settlements-of-transactions',
    sql: `SELECT s.ledger_id || '/' || s.seq AS subject, 'a booked transaction, versions from 1' AS expected,
            count(p.seq) || ' of ' || count(*) || ' versions up to ' || max(s.version) AS found
          FROM ledger.settlements s LEFT JOIN ledger.postings p ON p.ledger_id = s.ledger_id AND p.seq = s.seq AND p.line = 0
          GROUP BY s.ledger_id, s.seq HAVING count(p.seq) <> count(*) OR max(s.version) <> count(*)`,
  },
  valueDaysCheck,
  revaluationCheck,
]

/** Findings of one check that are told, at most: a broken table would else tell of every row. */
const mostFindings = 100

type Progress = (done: number, of: number) => void

/** What a look at all books came to. */
export interface Verified {
  readonly scopes: readonly Scope[]
  /** The first findings of each check. */
  readonly findings: readonly Finding[]
  /** How many there were in all. */
  readonly count: number
}

/**
 * Recomputes everything that is derived; nothing that is kept is believed: balances, running totals, what is left of
 * holds and where the journal ends. One ordered pass over each ledger, in pages: memory grows with the accounts of the
 * largest ledger, not with its postings. Needs no snapshot and no lock, so postings may go on. `now` is the time by
 * which something is late, epoch milliseconds.
 */
export async function verifyBooks(
  db: Db,
  now: number,
  progress: Progress = () => undefined,
): Promise<Verified> {
  const findings = new Findings()
  const scopes = await scopesOf(db)
  const steps = scopes.reduce((sum, scope) => sum + 2 * Number(scope.seq), 0)
  let done = 0
  for (const scope of scopes) {
    const before = done
    await checkLedger(db, scope, findings, (step) => progress(before + step, steps))
    done += 2 * Number(scope.seq)
  }
  await checkLedgers(db, scopes, findings)
  for (const { name, sql } of [...checks, ...forwardChecks(now)]) {
    const rows = await db.query<FindingRow>(
      `SELECT * FROM (${sql}) wrong ORDER BY subject LIMIT ${mostFindings}`,
    )
    for (const row of rows) findings.add(name, row)
  }
  const kept = [...(await verifyPeriods(db)), ...(await verifyWatches(db, mostFindings))]
  for (const { check, ...finding } of kept) findings.add(check.replace(/^ledger\./, ''), finding)
  progress(steps, steps)
  return { scopes, findings: findings.all, count: findings.count }
}

/** `verifyBooks` as the module's part of `florin verify`: an empty answer says that the books hold. */
export async function verifyLedger(view: View, progress?: Progress): Promise<readonly Finding[]> {
  return (await verifyBooks(view.db, view.clock.now(), progress)).findings
}
