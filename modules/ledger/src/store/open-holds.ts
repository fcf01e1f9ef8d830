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
 * Open holds by account and age in days since their value time. A hold is reserved on the account that it takes from:
 * the side that lowers the balance. Reads the ledger's open holds, by holds_open.
 */
export async function reservedByAge(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  now: number,
  /** Last day of age of each bucket but the last one. */
  ends: readonly number[],
): Promise<ReservedByAge[]> {
  const where = accountConditions(ledgerId, filter)
  const at = `${where.value(instant(now))}::timestamptz`
  const thresholds = `${where.value(arrayLiteral(ends.map((end) => end + 1)))}::int[]`
  return db.query<ReservedByAge>(
    `SELECT a.address, a.asset, a.exponent, a.type, s.bucket, count(*) AS holds, sum(s.remaining) AS reserved
     FROM (SELECT h.remaining, h.debit_account, h.credit_account,
             width_bucket((${at} AT TIME ZONE 'UTC')::date - (j.value_time AT TIME ZONE 'UTC')::date, ${thresholds}) AS bucket
           FROM ledger.holds h JOIN ledger.journal j ON j.ledger_id = h.ledger_id AND j.seq = h.seq
           WHERE h.ledger_id = ${where.value(ledgerId)} AND h.status = 'open' AND (h.expires_at IS NULL OR h.expires_at > ${at})) s
     JOIN ledger.accounts a ON (a.id = s.debit_account AND a.type IN ('liability', 'equity', 'revenue'))
                            OR (a.id = s.credit_account AND a.type IN ('asset', 'expense'))
     ${where.sql} GROUP BY a.address, a.asset, a.exponent, a.type, s.bucket ORDER BY a.address, a.asset, s.bucket`,
    where.values,
  )
}
