import type { Db, Finding } from '@florin/kernel'
import { recomputeClosing } from './store/closings.ts'
import { loadChanges, loadPeriods } from './store/periods.ts'

/** Checks of the periods that are queries: each gives a row for everything that is wrong. */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'periods-without-gaps',
    sql: `SELECT ledger_id || '/' || number AS subject, coalesce(after::text, 'any day') AS expected, first_day::text AS found
          FROM (SELECT ledger_id, number, first_day, row_number() OVER calendar AS counted,
                  lag(last_day) OVER calendar + 1 AS after
                FROM ledger.periods WINDOW calendar AS (PARTITION BY ledger_id ORDER BY number)) p
          WHERE first_day <> after OR number <> counted`,
  },
  {
    // Of records that came after a closing that still stands, none may lie in the period, or before the first one.
    name: 'closed-periods-stay-as-they-are',
    sql: `SELECT l.name || ' ' || p.name AS subject, 'nothing booked into it after record ' || c.seq AS expected,
            count(*) || ' records, the first one ' || min(j.seq) AS found
          FROM ledger.period_changes c JOIN ledger.periods p ON p.ledger_id = c.ledger_id AND p.number = c.period
          JOIN ledger.ledgers l ON l.id = c.ledger_id
          JOIN ledger.journal j ON j.ledger_id = c.ledger_id AND j.seq > c.seq AND j.refusal IS NULL
            AND j.value_time < ((p.last_day + 1)::timestamp AT TIME ZONE 'UTC')
            AND (p.number = 1 OR j.value_time >= (p.first_day::timestamp AT TIME ZONE 'UTC'))
          WHERE c.state = 'hard' AND c.version = (SELECT max(version) FROM ledger.period_changes m
            WHERE m.ledger_id = c.ledger_id AND m.period = c.period)
          GROUP BY l.name, p.name, c.seq`,
  },
  {
    name: 'closings-are-told',
    sql: `SELECT j.ledger_id || '/' || j.seq AS subject, 'a closing or reopening that names it' AS expected, 'none' AS found
          FROM ledger.journal j WHERE j.kind = 'closing' AND j.refusal IS NULL
            AND NOT EXISTS (SELECT FROM ledger.period_changes c WHERE c.ledger_id = j.ledger_id AND j.id = ANY(c.entries))`,
  },
  {
    name: 'undone-closings-mirror',
    sql: `SELECT u.ledger_id || '/' || u.seq AS subject, 'the opposite of what it undoes' AS expected, account_id || ' is off by ' || sum(net) AS found
          FROM ledger.journal u
          JOIN ledger.journal j ON j.ledger_id = u.ledger_id AND (j.seq = u.seq OR j.id = u.subject)
          JOIN LATERAL (SELECT account_id, CASE side WHEN 'debit' THEN amount ELSE -amount END AS net
                        FROM ledger.entries e WHERE e.ledger_id = j.ledger_id AND e.seq = j.seq) e ON true
          WHERE u.kind = 'closing' AND u.subject IS NOT NULL AND u.refusal IS NULL
          GROUP BY u.ledger_id, u.seq, account_id HAVING sum(net) <> 0`,
  },
]

/** Findings of one check that are told, at most. */
const mostFindings = 100

/** What does not hold of the periods: calendars, closed periods, and what closings reported. */
export async function verifyPeriods(db: Db): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, sql } of checks) {
    const rows = await db.query<{ subject: string; expected: string; found: string }>(
      `SELECT * FROM (${sql}) wrong ORDER BY subject LIMIT ${mostFindings}`,
    )
    findings.push(...rows.map((row) => ({ check: `ledger.${name}`, ...row })))
  }
  const ledgers = await db.query<{ id: bigint; name: string }>(
    'SELECT id, name FROM ledger.ledgers WHERE id IN (SELECT ledger_id FROM ledger.period_changes) ORDER BY id',
  )
  for (const ledger of ledgers) findings.push(...(await verifyClosings(db, ledger)))
  return findings
}

/** Every trial balance that was ever reported must come out the same again, to the digit. */
async function verifyClosings(
  db: Db,
  ledger: { readonly id: bigint; readonly name: string },
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const period of await loadPeriods(db, ledger.id)) {
    for (const { version } of await loadChanges(db, ledger.id, period.number)) {
      const found = await recomputeClosing(db, ledger, period, version)
      if (found === undefined) continue
      const { storedSha256, textSha256, recomputedSha256 } = found
      if (textSha256 === storedSha256 && recomputedSha256 === storedSha256) continue
      findings.push({
        check: 'ledger.closings-are-reproducible',
        subject: `${ledger.name} ${period.name}, version ${version}`,
        expected: storedSha256,
        found: textSha256 === storedSha256 ? `${recomputedSha256} from the postings` : `${textSha256} stored`,
      })
    }
  }
  return findings
}
