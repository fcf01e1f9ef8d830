const shifted = (side: 'debit' | 'credit', which: string): string => `SELECT account_id,
    (value_time AT TIME ZONE 'UTC')::date AS value_day, (booked_at AT TIME ZONE 'UTC')::date AS booked_day,
    ${side === 'debit' ? 'amount' : '0'} AS debits, ${side === 'credit' ? 'amount' : '0'} AS credits
  FROM (SELECT ${side}_account AS account_id, value_time, booked_at, amount FROM ledger.postings
        WHERE value_time <> booked_at) p WHERE ${which}`

/**
 * The days of these accounts whose kept sums are not those of their postings, as a query: what is kept and what is
 * counted of each, nothing being zero. `which` is a condition on `account_id`.
 */
export function wrongDays(which: string): string {
  return `SELECT account_id, value_day, booked_day, coalesce(k.debits, 0) AS kept_debits, coalesce(k.credits, 0) AS kept_credits,
            coalesce(c.debits, 0) AS counted_debits, coalesce(c.credits, 0) AS counted_credits
          FROM (SELECT * FROM ledger.value_days WHERE ${which}) k
          FULL JOIN (SELECT account_id, value_day, booked_day, sum(debits) AS debits, sum(credits) AS credits
                     FROM (${shifted('debit', which)} UNION ALL ${shifted('credit', which)}) s GROUP BY 1, 2, 3) c
            USING (account_id, value_day, booked_day)
          WHERE coalesce(k.debits, 0) <> coalesce(c.debits, 0) OR coalesce(k.credits, 0) <> coalesce(c.credits, 0)`
}

/** What is kept of the postings that were not booked as they happened, by days, is their sum. */
export const valueDaysCheck = {
  name: 'value-days-add-up',
  sql: `SELECT account_id || ' ' || value_day || ' booked ' || booked_day AS subject,
          counted_debits || ' / ' || counted_credits AS expected, kept_debits || ' / ' || kept_credits AS found
        FROM (${wrongDays('true')}) w`,
}
