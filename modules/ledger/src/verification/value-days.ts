const sums = (side: 'debit' | 'credit'): string => `SELECT ${side}_account AS account_id,
    (value_time AT TIME ZONE 'UTC')::date AS value_day, (booked_at AT TIME ZONE 'UTC')::date AS booked_day,
    ${side === 'debit' ? 'amount' : '0'} AS debits, ${side === 'credit' ? 'amount' : '0'} AS credits
  FROM ledger.postings WHERE value_time <> booked_at`

/** What is kept of the postings that were not booked as they happened, by days, is their sum. */
export const valueDaysCheck = {
  name: 'value-days-add-up',
  sql: `SELECT coalesce(k.account_id, c.account_id) || ' ' || coalesce(k.value_day, c.value_day) || ' booked '
            || coalesce(k.booked_day, c.booked_day) AS subject,
          coalesce(c.debits, 0) || ' / ' || coalesce(c.credits, 0) AS expected,
          coalesce(k.debits, 0) || ' / ' || coalesce(k.credits, 0) AS found
        FROM ledger.value_days k
        FULL JOIN (SELECT account_id, value_day, booked_day, sum(debits) AS debits, sum(credits) AS credits
                   FROM (${sums('debit')} UNION ALL ${sums('credit')}) shifted GROUP BY 1, 2, 3) c
          USING (account_id, value_day, booked_day)
        WHERE coalesce(k.debits, 0) <> coalesce(c.debits, 0) OR coalesce(k.credits, 0) <> coalesce(c.credits, 0)`,
}
