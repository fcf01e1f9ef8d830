import type { Db } from '@florin/kernel'
import type { Findings } from './findings.ts'
import type { Scope } from './scope.ts'

/** Records that are looked at with one statement. */
const slice = 10_000n

interface FindingRow {
  subject: string
  expected: string
  found: string
}

/**
 * Each record of the slice with what its postings have in common. One look-up a record: it is as fast whatever the
 * planner believes about the tables, which after a large import is nothing.
 */
const recordsWithPostings = `(SELECT * FROM ledger.journal
    WHERE ledger_id = $1::bigint AND seq > $2::bigint AND seq <= $3::bigint) j
  CROSS JOIN LATERAL (SELECT count(*) AS lines, min(line) AS first, max(line) AS last, min(value_time) AS v0, max(value_time) AS v1,
      min(booked_at) AS b0, max(booked_at) AS b1
    FROM ledger.postings p WHERE p.ledger_id = j.ledger_id AND p.seq = j.seq) p`

/** $1 the ledger, $2 and $3 the slice: after the one, up to the other. All are served by primary keys. */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'booking-time-rises',
    sql: `SELECT $1 || '/' || seq AS subject, 'not before ' || before AS expected, booked_at::text AS found
          FROM (SELECT seq, booked_at, lag(booked_at) OVER (ORDER BY seq) AS before FROM ledger.journal
                WHERE ledger_id = $1::bigint AND seq >= $2::bigint AND seq <= $3::bigint) j
          WHERE booked_at < before AND seq > $2`,
  },
  {
    name: 'postings-belong-to-their-record',
    sql: `SELECT DISTINCT $1 || '/' || p.seq AS subject, 'a booked record with the same times' AS expected, 'no record' AS found
          FROM ledger.postings p WHERE p.ledger_id = $1::bigint AND p.seq > $2::bigint AND p.seq <= $3::bigint
            AND NOT EXISTS (SELECT FROM ledger.journal j WHERE j.ledger_id = p.ledger_id AND j.seq = p.seq)`,
  },
  {
    name: 'postings-belong-to-their-record',
    sql: `SELECT $1 || '/' || j.seq AS subject, 'a booked record with the same times' AS expected,
            CASE WHEN j.refusal IS NULL THEN 'other times' ELSE 'a refused record' END AS found
          FROM ${recordsWithPostings}
          WHERE lines > 0 AND (j.refusal IS NOT NULL OR v0 <> j.value_time OR v1 <> j.value_time OR b0 <> j.booked_at OR b1 <> j.booked_at)`,
  },
  {
    name: 'transactions-have-postings',
    sql: `SELECT $1 || '/' || j.seq AS subject, 'postings numbered from 0' AS expected, p.lines || ' postings' AS found
          FROM ${recordsWithPostings}
          WHERE j.refusal IS NULL AND (lines > 0 AND (last <> lines - 1 OR first <> 0)
            OR lines = 0 AND kind IN ('transaction', 'settlement', 'reversal', 'correction', 'closing'))`,
  },
  {
    name: 'reversals-mirror',
    sql: `SELECT $1 || '/' || r.seq AS subject, 'the opposite of what it reverses' AS expected, account_id || ' is off by ' || sum(net) AS found
          FROM (SELECT * FROM ledger.journal WHERE ledger_id = $1::bigint AND seq > $2::bigint AND seq <= $3::bigint
                  AND kind = 'reversal' AND refusal IS NULL) r
          JOIN LATERAL (SELECT ledger_id, seq FROM ledger.journal WHERE ledger_id = r.ledger_id AND seq = r.seq
                  UNION SELECT ledger_id, seq FROM ledger.journal WHERE id = r.subject AND refusal IS NULL
                  UNION SELECT ledger_id, seq FROM ledger.journal WHERE subject = r.subject AND kind = 'correction' AND refusal IS NULL) j ON true
          JOIN LATERAL (SELECT account_id, CASE side WHEN 'debit' THEN amount ELSE -amount END AS net
                        FROM ledger.entries e WHERE e.ledger_id = j.ledger_id AND e.seq = j.seq) e ON true
          GROUP BY r.seq, account_id HAVING sum(net) <> 0`,
  },
]

/** Looks at the records themselves, slice by slice: gaps, times, and that records and postings belong together. */
export async function checkJournal(
  db: Db,
  scope: Scope,
  findings: Findings,
  progress: (seq: number) => void,
): Promise<void> {
  let records = 0n
  for (let after = 0n; after < scope.seq; after += slice) {
    const upTo = after + slice < scope.seq ? after + slice : scope.seq
    const values = [scope.id, after, upTo]
    const [row] = await db.query<{ records: bigint }>(
      'SELECT count(*) AS records FROM ledger.journal WHERE ledger_id = $1 AND seq > $2 AND seq <= $3',
      values,
    )
    records += row?.records ?? 0n
    for (const check of checks) {
      for (const finding of await db.query<FindingRow>(check.sql, values)) findings.add(check.name, finding)
    }
    progress(Number(upTo))
  }
  await checkEnds(db, scope, records, findings)
}

/** That the journal has as many records as its head says, and that nothing lies outside of it. */
async function checkEnds(db: Db, scope: Scope, records: bigint, findings: Findings): Promise<void> {
  const [row] = await db.query<{ head: bigint; first: bigint; last: bigint; posted: bigint; before: bigint }>(
    `SELECT h.seq AS head,
       coalesce((SELECT min(seq) FROM ledger.journal WHERE ledger_id = $1), 1) AS first,
       coalesce((SELECT max(seq) FROM ledger.journal WHERE ledger_id = $1), 0) AS last,
       coalesce((SELECT max(seq) FROM ledger.postings WHERE ledger_id = $1), 0) AS posted,
       coalesce((SELECT min(seq) FROM ledger.postings WHERE ledger_id = $1), 1) AS before
     FROM ledger.heads h WHERE h.ledger_id = $1`,
    [scope.id],
  )
  if (row === undefined) return
  if (records !== scope.seq || row.last !== row.head || row.first < 1n) {
    findings.add('journal-without-gaps', {
      subject: scope.name,
      expected: `${row.head} records, numbered 1 to ${row.head}`,
      found: `${records} up to ${scope.seq}, numbered ${row.first} to ${row.last}`,
    })
  }
  if (row.posted > row.last || row.before < 1n) {
    findings.add('postings-belong-to-their-record', {
      subject: `${scope.id}/${row.posted > row.last ? row.posted : row.before}`,
      expected: 'a booked record with the same times',
      found: 'no record',
    })
  }
}

/** That all records belong to ledgers there are. One look-up a ledger, however many records. */
export async function checkLedgers(db: Db, scopes: readonly Scope[], findings: Findings): Promise<void> {
  const known = new Set(scopes.map(({ id }) => id))
  for (const table of ['journal', 'postings', 'reservations']) {
    for (let after: bigint | undefined; ; ) {
      const [row] = await db.query<{ id: bigint | null }>(
        `SELECT min(ledger_id) AS id FROM ledger.${table}${after === undefined ? '' : ' WHERE ledger_id > $1'}`,
        after === undefined ? [] : [after],
      )
      const id = row?.id ?? undefined
      if (id === undefined) break
      if (!known.has(id) && !(await isLedger(db, id))) {
        findings.add('records-belong-to-a-ledger', {
          subject: `ledger.${table} ${id}`,
          expected: 'a ledger',
          found: 'none',
        })
      }
      after = id
    }
  }
}

/** A ledger may have been opened meanwhile. */
async function isLedger(db: Db, id: bigint): Promise<boolean> {
  return (await db.query('SELECT FROM ledger.ledgers WHERE id = $1', [id])).length > 0
}
