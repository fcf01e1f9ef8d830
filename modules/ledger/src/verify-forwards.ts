/** How long a forward may be due without having been booked, while nothing else is booked on its ledger. */
const graceMs = 3_600_000

/** What must hold of forwards, as `verify.ts` checks it. `now` in epoch milliseconds. */
export function forwardChecks(now: number): readonly { readonly name: string; readonly sql: string }[] {
  return [
    {
      name: 'next-forward-is-known',
      sql: `SELECT l.name AS subject, coalesce(p.due::text, 'none') AS expected, coalesce(h.forward_due::text, 'none') AS found
            FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id
            LEFT JOIN (SELECT f.ledger_id, min(f.due) AS due FROM ledger.forwards f
                       LEFT JOIN ledger.forward_outcomes o ON o.ledger_id = f.ledger_id AND o.forward_seq = f.seq
                       WHERE o.seq IS NULL GROUP BY 1) p ON p.ledger_id = h.ledger_id
            WHERE p.due IS DISTINCT FROM h.forward_due`,
    },
    {
      name: 'forwards-are-booked-when-due',
      sql: `SELECT f.id::text AS subject, 'an outcome soon after ' || f.due AS expected, 'pending: does a worker role run?' AS found
            FROM ledger.forwards f
            LEFT JOIN ledger.forward_outcomes o ON o.ledger_id = f.ledger_id AND o.forward_seq = f.seq
            WHERE o.seq IS NULL AND f.due <= to_timestamp(${now - graceMs} / 1000.0)`,
    },
    {
      name: 'forwards-have-their-record',
      sql: `SELECT coalesce(f.id, j.id)::text AS subject, 'a booked record and a forward of the same time' AS expected,
              CASE WHEN j.id IS NULL THEN 'no record' WHEN f.id IS NULL THEN 'no forward' ELSE 'they differ' END AS found
            FROM (SELECT * FROM ledger.journal WHERE kind = 'forward' AND refusal IS NULL) j
            FULL JOIN ledger.forwards f ON f.id = j.id
            WHERE j.id IS NULL OR f.id IS NULL OR f.ledger_id <> j.ledger_id OR f.seq <> j.seq OR f.due <> j.value_time`,
    },
    {
      name: 'forwards-end-by-their-record',
      sql: `SELECT coalesce(f.id, j.subject)::text AS subject,
              coalesce(j.kind || CASE WHEN j.refusal IS NULL THEN '' ELSE ', refused' END, 'no record') AS expected,
              coalesce(o.status, 'no outcome') AS found
            FROM (SELECT * FROM ledger.journal WHERE subject IS NOT NULL
                    AND (kind = 'transaction' OR (kind = 'cancellation' AND refusal IS NULL))) j
            FULL JOIN ledger.forward_outcomes o ON o.ledger_id = j.ledger_id AND o.seq = j.seq
            LEFT JOIN ledger.forwards f ON f.ledger_id = o.ledger_id AND f.seq = o.forward_seq
            WHERE j.id IS NULL OR o.seq IS NULL OR f.id IS NULL OR f.id <> j.subject OR f.due <> o.due OR o.seq <= f.seq
              OR o.status <> CASE WHEN j.kind = 'cancellation' THEN 'cancelled' WHEN j.refusal IS NULL THEN 'booked' ELSE 'refused' END
              OR (j.kind = 'transaction' AND (j.value_time <> f.due OR j.booked_at < f.due))`,
    },
    {
      name: 'forwards-book-what-was-recorded',
      sql: `SELECT o.ledger_id || '/' || o.forward_seq AS subject, coalesce(p.debit || ' ' || p.credit || ' ' || p.amount || ' ' || p.asset, 'nothing') AS expected,
              coalesce(b.debit || ' ' || b.credit || ' ' || b.amount || ' ' || b.asset, 'nothing') AS found
            FROM ledger.forward_outcomes o
            JOIN LATERAL (
              SELECT * FROM ledger.forward_postings p WHERE p.ledger_id = o.ledger_id AND p.seq = o.forward_seq) p ON true
            FULL JOIN (
              SELECT f.ledger_id, f.forward_seq, b.line, d.address AS debit, c.address AS credit, d.asset, b.amount
              FROM ledger.forward_outcomes f JOIN ledger.postings b ON b.ledger_id = f.ledger_id AND b.seq = f.seq
              JOIN ledger.accounts d ON d.id = b.debit_account JOIN ledger.accounts c ON c.id = b.credit_account) b
              ON b.ledger_id = o.ledger_id AND b.forward_seq = o.forward_seq AND b.line = p.line
            WHERE (o.status = 'booked' OR o.status IS NULL)
              AND (p.line IS NULL OR b.line IS NULL OR p.debit <> b.debit OR p.credit <> b.credit OR p.asset <> b.asset OR p.amount <> b.amount)`,
    },
  ]
}
