import type { Db } from '@florin/kernel'
import type { AccountType } from '../domain/account.ts'
import { type AccountFilter, accountConditions } from './balances.ts'
import { arrayLiteral, instant } from './rows.ts'

/** What is reserved on an account by holds of one bucket of ages, in minor units. */
export interface ReservedByAge {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  /** Position of the bucket, the youngest first. */
  readonly bucket: number
  readonly holds: bigint
  readonly reserved: bigint
}

/**
 * Holds that were open after record `seq`, by account and age in days since their value time. A hold is reserved on the
 * account that it takes from: the side that lowers the balance. Reads the holds that are open now, by holds_open, and
 * those that something happened to since.
 */
export async function reservedByAge(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  point: { readonly seq: bigint; readonly at: number },
  /** Last day of age of each bucket but the last one. */
  ends: readonly number[],
): Promise<ReservedByAge[]> {
  const where = accountConditions(ledgerId, filter)
  const at = `${where.value(instant(point.at))}::timestamptz`
  const upTo = `${where.value(point.seq)}::bigint`
  const ledger = `${where.value(ledgerId)}::bigint`
  const thresholds = `${where.value(arrayLiteral(ends.map((end) => end + 1)))}::int[]`
  return db.query<ReservedByAge>(
    `WITH candidates AS (
       SELECT id FROM ledger.holds WHERE ledger_id = ${ledger} AND status = 'open' AND seq <= ${upTo}
       UNION SELECT hold_id FROM ledger.reservations WHERE ledger_id = ${ledger} AND seq > ${upTo}),
     held AS (
       SELECT h.debit_account, h.credit_account, r.remaining,
         width_bucket((${at} AT TIME ZONE 'UTC')::date - (j.value_time AT TIME ZONE 'UTC')::date, ${thresholds}) AS bucket
       FROM candidates c JOIN ledger.holds h ON h.id = c.id AND h.seq <= ${upTo}
       JOIN ledger.journal j ON j.ledger_id = h.ledger_id AND j.seq = h.seq
       CROSS JOIN LATERAL (SELECT sum(x.delta) AS remaining FROM ledger.reservations x
                           WHERE x.hold_id = h.id AND x.seq <= ${upTo}) r
       WHERE r.remaining > 0 AND (h.expires_at IS NULL OR h.expires_at > ${at}))
     SELECT a.address, a.asset, a.exponent, a.type, s.bucket, count(*) AS holds, sum(s.remaining) AS reserved
     FROM held s JOIN ledger.accounts a ON (a.id = s.debit_account AND a.type IN ('liability', 'equity', 'revenue'))
                                        OR (a.id = s.credit_account AND a.type IN ('asset', 'expense'))
     ${where.sql} GROUP BY a.address, a.asset, a.exponent, a.type, s.bucket ORDER BY a.address, a.asset, s.bucket`,
    where.values,
  )
}
