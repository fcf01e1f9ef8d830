import type { Db, Finding, View } from '@florin/kernel'
import { forwardChecks } from './verify-forwards.ts'

interface FindingRow {
  subject: string
  expected: string
  found: string
}

/**
 * The checks, each a query over the records that gives a row for everything that is wrong. Nothing that is kept is
 * believed: balances, running totals, what is left of holds and where the journal ends are recomputed.
 */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'journal-without-gaps',
    sql: `SELECT l.name AS subject, h.seq || ' records, numbered 1 to ' || h.seq AS expected,
            count(j.seq) || ' records, ' || coalesce(min(j.seq), 0) || ' to ' || coalesce(max(j.seq), 0) AS found
          FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id LEFT JOIN ledger.journal j ON j.ledger_id = h.ledger_id
          GROUP BY l.name, h.seq HAVING count(j.seq) <> h.seq OR coalesce(max(j.seq), 0) <> h.seq OR (h.seq > 0 AND min(j.seq) <> 1)`,
  },
  {
    name: 'booking-time-rises',
    sql: `SELECT ledger_id || '/' || seq AS subject, 'not before ' || before AS expected, booked_at::text AS found
          FROM (SELECT ledger_id, seq, booked_at, lag(booked_at) OVER (PARTITION BY ledger_id ORDER BY seq) AS before FROM ledger.journal) j
          WHERE booked_at < before`,
  },
  {
    name: 'postings-belong-to-their-record',
    sql: `SELECT p.ledger_id || '/' || p.seq || '/' || p.line AS subject, 'a booked record with the same times' AS expected,
            CASE WHEN j.seq IS NULL THEN 'no record' WHEN j.refusal IS NOT NULL THEN 'a refused record' ELSE 'other times' END AS found
          FROM ledger.postings p LEFT JOIN ledger.journal j ON j.ledger_id = p.ledger_id AND j.seq = p.seq
          WHERE j.seq IS NULL OR j.refusal IS NOT NULL OR j.value_time <> p.value_time OR j.booked_at <> p.booked_at`,
  },
  {
    name: 'transactions-have-postings',
    sql: `SELECT j.ledger_id || '/' || j.seq AS subject, 'postings numbered from 0' AS expected, count(p.line) || ' postings' AS found
          FROM ledger.journal j LEFT JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
          WHERE j.refusal IS NULL AND j.kind IN ('transaction', 'settlement', 'reversal', 'correction')
          GROUP BY j.ledger_id, j.seq HAVING count(p.line) = 0 OR max(p.line) <> count(p.line) - 1`,
  },
  {
    name: 'postings-stay-in-ledger-and-asset',
    sql: `SELECT p.ledger_id || '/' || p.seq || '/' || p.line AS subject, 'two accounts of one ledger and asset' AS expected,
            coalesce(d.ledger_id || ' ' || d.asset, 'none') || ' and ' || coalesce(c.ledger_id || ' ' || c.asset, 'none') AS found
          FROM ledger.postings p LEFT JOIN ledger.accounts d ON d.id = p.debit_account LEFT JOIN ledger.accounts c ON c.id = p.credit_account
          WHERE d.id IS NULL OR c.id IS NULL OR d.asset <> c.asset OR d.ledger_id <> p.ledger_id OR c.ledger_id <> p.ledger_id`,
  },
  {
    name: 'running-totals-link',
    sql: `SELECT a.address || ' ' || a.asset || ' at ' || e.seq || '/' || e.line AS subject,
            e.debits || ' / ' || e.credits AS expected, e.debits_after || ' / ' || e.credits_after AS found
          FROM (SELECT account_id, seq, line, debits_after, credits_after,
                  sum(CASE side WHEN 'debit' THEN amount ELSE 0 END) OVER running AS debits,
                  sum(CASE side WHEN 'credit' THEN amount ELSE 0 END) OVER running AS credits
                FROM ledger.entries WINDOW running AS (PARTITION BY account_id ORDER BY seq, line)) e
          JOIN ledger.accounts a ON a.id = e.account_id
          WHERE e.debits <> e.debits_after OR e.credits <> e.credits_after`,
  },
  {
    name: 'balances-equal-postings',
    sql: `SELECT a.address || ' ' || a.asset AS subject,
            coalesce(e.debits, 0) || ' / ' || coalesce(e.credits, 0) AS expected, b.posted_debits || ' / ' || b.posted_credits AS found
          FROM ledger.accounts a LEFT JOIN ledger.balances b ON b.account_id = a.id
          LEFT JOIN (SELECT account_id, sum(CASE side WHEN 'debit' THEN amount ELSE 0 END) AS debits,
                       sum(CASE side WHEN 'credit' THEN amount ELSE 0 END) AS credits FROM ledger.entries GROUP BY account_id) e
            ON e.account_id = a.id
          WHERE b.account_id IS NULL OR b.posted_debits <> coalesce(e.debits, 0) OR b.posted_credits <> coalesce(e.credits, 0)`,
  },
  {
    name: 'debits-equal-credits',
    sql: `SELECT l.name || ' ' || a.asset AS subject, sum(b.posted_debits)::text AS expected, sum(b.posted_credits)::text AS found
          FROM ledger.balances b JOIN ledger.accounts a ON a.id = b.account_id JOIN ledger.ledgers l ON l.id = a.ledger_id
          GROUP BY l.name, a.asset HAVING sum(b.posted_debits) <> sum(b.posted_credits)`,
  },
  {
    name: 'reserved-equals-holds',
    sql: `SELECT a.address || ' ' || a.asset AS subject,
            coalesce(d.held, 0) || ' / ' || coalesce(c.held, 0) AS expected, b.pending_debits || ' / ' || b.pending_credits AS found
          FROM ledger.balances b JOIN ledger.accounts a ON a.id = b.account_id
          LEFT JOIN (SELECT debit_account, sum(delta) AS held FROM ledger.reservations GROUP BY 1) d ON d.debit_account = a.id
          LEFT JOIN (SELECT credit_account, sum(delta) AS held FROM ledger.reservations GROUP BY 1) c ON c.credit_account = a.id
          WHERE b.pending_debits <> coalesce(d.held, 0) OR b.pending_credits <> coalesce(c.held, 0)`,
  },
  {
    name: 'reserved-totals-link',
    sql: `SELECT r.ledger_id || '/' || r.seq || '/' || r.line AS subject, r.debit_held || ' / ' || r.credit_held AS expected,
            r.debit_pending || ' / ' || r.credit_pending AS found
          FROM (SELECT *, sum(delta) OVER (PARTITION BY debit_account ORDER BY seq, line) AS debit_held,
                  sum(delta) OVER (PARTITION BY credit_account ORDER BY seq, line) AS credit_held FROM ledger.reservations) r
          WHERE r.debit_held <> r.debit_pending OR r.credit_held <> r.credit_pending`,
  },
  {
    name: 'holds-add-up',
    sql: `SELECT h.id::text AS subject, coalesce(r.held, 0) || ' remaining, ' || coalesce(s.posted, 0) || ' settled' AS expected,
            h.remaining || ' remaining, ' || h.settled || ' settled, ' || h.status AS found
          FROM ledger.holds h
          LEFT JOIN (SELECT hold_id, sum(delta) AS held FROM ledger.reservations GROUP BY 1) r ON r.hold_id = h.id
          LEFT JOIN (SELECT j.subject, sum(p.amount) AS posted FROM ledger.journal j
                     JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
                     WHERE j.kind = 'settlement' AND j.refusal IS NULL GROUP BY 1) s ON s.subject = h.id
          WHERE h.remaining <> coalesce(r.held, 0) OR h.settled <> coalesce(s.posted, 0) OR (h.status = 'open') <> (h.remaining > 0)`,
  },
  {
    name: 'reversals-mirror',
    sql: `SELECT r.ledger_id || '/' || r.seq AS subject, 'the opposite of what it reverses' AS expected, account_id || ' is off by ' || sum(net) AS found
          FROM ledger.journal r
          JOIN ledger.journal j ON j.refusal IS NULL AND (j.seq = r.seq AND j.ledger_id = r.ledger_id
            OR j.id = r.subject OR (j.subject = r.subject AND j.kind = 'correction'))
          JOIN LATERAL (SELECT account_id, CASE side WHEN 'debit' THEN amount ELSE -amount END AS net
                        FROM ledger.entries e WHERE e.ledger_id = j.ledger_id AND e.seq = j.seq) e ON true
          WHERE r.kind = 'reversal' AND r.refusal IS NULL
          GROUP BY r.ledger_id, r.seq, account_id HAVING sum(net) <> 0`,
  },
]

/** Findings of one check that are told, at most: a broken table would else tell of every row. */
const mostFindings = 100

/** Recomputes everything that is derived, on one snapshot. An empty answer says that the books hold. */
export async function verifyLedger(
  view: View,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const all = [...checks, ...forwardChecks(view.clock.now())]
  for (const [i, check] of all.entries()) {
    findings.push(...(await run(view.db, check)))
    progress(i + 1, all.length)
  }
  return findings
}

async function run(db: Db, check: { readonly name: string; readonly sql: string }): Promise<Finding[]> {
  const rows = await db.query<FindingRow>(
    `SELECT * FROM (${check.sql}) wrong ORDER BY subject LIMIT ${mostFindings}`,
  )
  return rows.map((row) => ({ check: `ledger.${check.name}`, ...row }))
}
