/** Each position of a revaluation was posted to by exactly the difference that was worked out for it. */
export const revaluationCheck = {
  name: 'revaluations-posted-as-worked-out',
  sql: `SELECT line.revaluation || ' ' || line.address AS subject, trim_scale(line.difference)::text AS expected,
          trim_scale(coalesce(posted.net, 0))::text AS found
        FROM (SELECT r.id AS revaluation, r.transaction, r.reporting_asset, x ->> 'position' AS address,
                (x ->> 'difference')::numeric AS difference
              FROM ledger.revaluations r, json_array_elements(r.lines) x) line
        LEFT JOIN LATERAL (
          SELECT sum(CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END) / 10::numeric ^ max(a.exponent) AS net
          FROM ledger.journal j JOIN ledger.entries e ON e.ledger_id = j.ledger_id AND e.seq = j.seq
          JOIN ledger.accounts a ON a.id = e.account_id
          WHERE j.id = line.transaction AND j.refusal IS NULL AND a.address = line.address
            AND a.asset = line.reporting_asset) posted ON true
        WHERE line.difference <> coalesce(posted.net, 0)`,
}
