import type { Db } from '@florin/kernel'
import { arrayLiteral } from '../store/rows.ts'
import { firstAccount } from '../verification/scope.ts'
import { wrongDays } from '../verification/value-days.ts'
import type { Cache, Difference } from './cache.ts'

/** The sums of what was not booked as it happened, by account and days; told and mended an account at a time. */
export const valueDays: Cache = {
  name: 'value_days',
  async differences(db, scope) {
    return differencesOf(db, 'account_id > $1 AND account_id < $2', [
      firstAccount(scope.id),
      firstAccount(scope.id + 1n),
    ])
  },
  async prepare(_db, scope, keys) {
    const ids = [...new Set(keys.filter((key) => /^[1-9]\d{0,17}$/.test(key)))]
      .map(BigInt)
      .filter((id) => id > firstAccount(scope.id) && id < firstAccount(scope.id + 1n))
    const which = 'account_id = ANY($1::bigint[])'
    const values = [arrayLiteral(ids)]
    return async (unit) => {
      const differences = await differencesOf(unit.db, which, values)
      // A day that should not be there keeps its row, with nothing in it: the application deletes nothing.
      await unit.db.query(
        `INSERT INTO ledger.value_days AS d (account_id, value_day, booked_day, debits, credits)
         SELECT account_id, value_day, booked_day, counted_debits, counted_credits FROM (${wrongDays(which)}) wrong
         ON CONFLICT (account_id, value_day, booked_day) DO UPDATE SET debits = excluded.debits, credits = excluded.credits`,
        values,
      )
      return differences
    }
  },
}

interface WrongRow {
  account_id: bigint
  name: string
  days: bigint
  kept_debits: bigint
  kept_credits: bigint
  counted_debits: bigint
  counted_credits: bigint
}

/** What the wrong days of an account have, and should have, together. */
async function differencesOf(db: Db, which: string, values: readonly unknown[]): Promise<Difference[]> {
  const rows = await db.query<WrongRow>(
    `SELECT w.account_id, a.address || ' ' || a.asset AS name, count(*) AS days, sum(kept_debits) AS kept_debits,
       sum(kept_credits) AS kept_credits, sum(counted_debits) AS counted_debits, sum(counted_credits) AS counted_credits
     FROM (${wrongDays(which)}) w JOIN ledger.accounts a ON a.id = w.account_id GROUP BY 1, 2 ORDER BY 1`,
    values,
  )
  return rows.map((row) => ({
    cache: valueDays.name,
    key: String(row.account_id),
    subject: row.name,
    kept: { days: String(row.days), debits: String(row.kept_debits), credits: String(row.kept_credits) },
    counted: {
      days: String(row.days),
      debits: String(row.counted_debits),
      credits: String(row.counted_credits),
    },
  }))
}
