import type { Finding } from '../registry.ts'
import type { View } from '../unit.ts'

const checks: readonly { readonly check: string; readonly expected: string; readonly sql: string }[] = [
  {
    check: 'every claimed key has an outcome',
    expected: '1 outcome',
    sql: `SELECT r.id::text AS subject, 'none' AS found FROM kernel.requests r
          WHERE NOT EXISTS (SELECT FROM kernel.outcomes o WHERE o.request_id = r.id)`,
  },
  {
    check: 'every outcome has exactly one audit record, which says the same',
    expected: '1 record',
    sql: `SELECT o.request_id::text AS subject, count(a.seq)::text AS found
          FROM kernel.outcomes o LEFT JOIN kernel.audit a ON a.call_id = o.request_id AND a.outcome = o.status AND a.approval IS NULL
          GROUP BY o.request_id HAVING count(a.seq) <> 1`,
  },
  {
    check: 'no call is audited twice, but once more where it waited and was approved',
    expected: '1 record',
    sql: `SELECT call_id::text AS subject, count(*)::text AS found FROM kernel.audit
          WHERE call_id IS NOT NULL GROUP BY call_id, outcome = 'pending', approval IS NULL
          HAVING count(*) > 1`,
  },
]

/** What must hold of the kernel's own records after every step. */
export async function verifyKernel(view: View): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { check, expected, sql } of checks) {
    const rows = await view.db.query<{ subject: string; found: string }>(sql)
    for (const row of rows) findings.push({ check, expected, ...row })
  }
  return findings
}
