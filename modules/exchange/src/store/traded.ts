import type { Db } from '@florin/kernel'

/** The days before a trade whose traded values its fees go by. */
const tierDays = 30

/** What accounts traded on the days before, in minor units of the quote: by `account day`. */
export async function tradedBefore(
  db: Db,
  marketId: bigint,
  accounts: readonly number[],
  days: readonly string[],
): Promise<Map<string, bigint>> {
  const rows = await db.query<{ account_id: bigint; day: string; value: bigint }>(
    `SELECT v.account_id, to_char(d.day, 'YYYY-MM-DD') AS day, sum(v.value) AS value
     FROM unnest($3::date[]) AS d (day)
     JOIN exchange.traded_values v ON v.market_id = $1 AND v.account_id = ANY($2::bigint[])
       AND v.day < d.day AND v.day >= d.day - $4::int
     GROUP BY v.account_id, d.day`,
    [marketId, accounts, days, tierDays],
  )
  return new Map(rows.map((row) => [`${row.account_id} ${row.day}`, row.value]))
}

/** Adds to what accounts traded on a day. */
export async function addTraded(
  db: Db,
  marketId: bigint,
  traded: readonly { readonly account: number; readonly day: string; readonly value: bigint }[],
): Promise<void> {
  if (traded.length === 0) return
  await db.send(
    `INSERT INTO exchange.traded_values (market_id, account_id, day, value)
     SELECT $1, t.account, t.day, sum(t.value) FROM unnest($2::bigint[], $3::date[], $4::numeric[]) AS t (account, day, value)
     GROUP BY t.account, t.day ORDER BY t.account, t.day
     ON CONFLICT (market_id, account_id, day) DO UPDATE SET value = traded_values.value + EXCLUDED.value`,
    [
      marketId,
      traded.map(({ account }) => account),
      traded.map(({ day }) => day),
      traded.map(({ value }) => value),
    ],
  )
}
