import type { Db } from '@florin/kernel'
import type { AccountType } from '../domain/account.ts'
import { type AccountFilter, accountConditions } from './balances.ts'
import { instant } from './rows.ts'

/** What was posted to an account up to some point, in minor units. */
export interface PostedTotals {
  readonly accountId: bigint
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly debits: bigint
  readonly credits: bigint
}

/** Both times at once: what the records up to `seq` say about everything that happened up to `valueTime`, both included. */
export interface PointInBothTimes {
  readonly seq: bigint
  /** Epoch milliseconds. */
  readonly valueTime: number
}

interface TotalsRow {
  id: bigint
  address: string
  asset: string
  exponent: number
  type: AccountType
  debits: bigint
  credits: bigint
}

/** Totals by value time, by address and asset; an account that nothing was posted to by then has zeros. */
export async function postedByValueTime(
  db: Db,
  ledgerId: bigint,
  filter: AccountFilter,
  { seq, valueTime }: PointInBothTimes,
): Promise<PostedTotals[]> {
  const where = accountConditions(ledgerId, filter)
  const upTo = `${where.value(seq)}::bigint`
  const time = `${where.value(instant(valueTime))}::timestamptz`
  const total = (
    side: 'debit' | 'credit',
  ): string => `(SELECT coalesce(sum(p.amount), 0) FROM ledger.postings p
       WHERE p.${side}_account = a.id AND p.seq <= ${upTo} AND p.value_time <= ${time})`
  const rows = await db.query<TotalsRow>(
    `SELECT a.id, a.address, a.asset, a.exponent, a.type, ${total('debit')} AS debits, ${total('credit')} AS credits
     FROM ledger.accounts a ${where.sql} ORDER BY a.address, a.asset`,
    where.values,
  )
  return rows.map(({ id, ...row }) => ({ accountId: id, ...row }))
}
