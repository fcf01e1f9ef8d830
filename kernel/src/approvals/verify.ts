import type { Finding } from '../registry.ts'
import type { View } from '../unit.ts'

const checks: readonly { readonly check: string; readonly expected: string; readonly sql: string }[] = [
  {
    check: 'a call that waits has a request',
    expected: 'both',
    sql: `SELECT coalesce(o.request_id, r.id)::text AS subject,
            CASE WHEN r.id IS NULL THEN 'no request' ELSE 'no such outcome' END AS found
          FROM (SELECT request_id FROM kernel.outcomes WHERE status = 'pending') o
          FULL JOIN kernel.approval_requests r ON r.id = o.request_id
          WHERE o.request_id IS NULL OR r.id IS NULL`,
  },
  {
    check: 'a request waits or has ended',
    expected: 'one of them',
    sql: `SELECT r.id::text AS subject, CASE WHEN r.open THEN 'both' ELSE 'neither' END AS found
          FROM kernel.approval_requests r LEFT JOIN kernel.approval_ends e ON e.request_id = r.id
          WHERE r.open <> (e.request_id IS NULL)`,
  },
  {
    check: 'what was run had every approval it needed',
    expected: 'all',
    sql: `SELECT e.request_id::text AS subject, format('%s of %s for %s', g.granted, n.approvers, n.policy) AS found
          FROM kernel.approval_ends e JOIN kernel.approval_requests r ON r.id = e.request_id
          CROSS JOIN LATERAL json_to_recordset(r.needs) AS n(policy text, approvers int)
          CROSS JOIN LATERAL (SELECT count(*) AS granted FROM kernel.approval_grants g
            WHERE g.request_id = r.id AND n.policy = ANY (g.policies)) g
          WHERE e.status IN ('executed', 'failed') AND g.granted < n.approvers`,
  },
  {
    check: 'nobody approves what they sent',
    expected: 'somebody else',
    sql: `SELECT g.request_id::text AS subject, g.actor AS found FROM kernel.approval_grants g
          JOIN kernel.requests c ON c.id = g.request_id WHERE c.actor = g.actor`,
  },
  {
    check: 'what was approved was run once, and nothing else was',
    expected: '1 record',
    sql: `SELECT e.request_id::text AS subject, count(a.seq)::text AS found
          FROM kernel.approval_ends e LEFT JOIN kernel.audit a ON a.call_id = e.request_id AND a.outcome <> 'pending'
          GROUP BY e.request_id, e.status
          HAVING count(a.seq) <> CASE WHEN e.status IN ('executed', 'failed') THEN 1 ELSE 0 END`,
  },
]

/** Whether what was recorded of approvals fits together. */
export async function verifyApprovals(view: View): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { check, expected, sql } of checks) {
    const rows = await view.db.query<{ subject: string; found: string }>(sql)
    for (const row of rows) findings.push({ check, expected, ...row })
  }
  return findings
}
