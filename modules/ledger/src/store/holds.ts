import type { Db } from '@florin/kernel'
import type { BookAccount, BookHold, HoldStatus } from '../domain/book.ts'
import { arrayLiteral, columnOf, instant, rowSource, type Statement } from './rows.ts'

export interface HoldRow {
  id: string
  ledger_id: bigint
  seq: bigint
  debit_account: bigint
  credit_account: bigint
  amount: bigint
  expires_at: Date | null
  status: HoldStatus
  remaining: bigint
  settled: bigint
}

const columns =
  'id, ledger_id, seq, debit_account, credit_account, amount, expires_at, status, remaining, settled'

/** The holds of these ids in this ledger. */
export async function loadHolds(db: Db, ledgerId: bigint, ids: readonly string[]): Promise<HoldRow[]> {
  if (ids.length === 0) return []
  return db.query<HoldRow>(
    `SELECT ${columns} FROM ledger.holds WHERE id = ANY($1::uuid[]) AND ledger_id = $2`,
    [arrayLiteral(ids), ledgerId],
  )
}

/** Open holds on these accounts that have expired by now, oldest first. */
export async function loadExpired(db: Db, accountIds: readonly bigint[], now: number): Promise<HoldRow[]> {
  if (accountIds.length === 0) return []
  return db.query<HoldRow>(
    `SELECT ${columns} FROM ledger.holds
     WHERE status = 'open' AND expires_at <= $2
       AND (debit_account = ANY($1::bigint[]) OR credit_account = ANY($1::bigint[]))
     ORDER BY expires_at, id`,
    [arrayLiteral(accountIds), instant(now)],
  )
}

export function bookHold(row: HoldRow, accountOf: (id: bigint) => BookAccount | undefined): BookHold {
  const loaded = (id: bigint): BookAccount => {
    const account = accountOf(id)
    if (account === undefined)
      throw new Error(`The hold ${row.id} names the account ${id}, which was not loaded`)
    return account
  }
  return {
    id: row.id,
    seq: row.seq,
    debit: loaded(row.debit_account),
    credit: loaded(row.credit_account),
    amount: row.amount,
    expiresAt: row.expires_at?.getTime(),
    status: row.status,
    remaining: row.remaining,
    settled: row.settled,
  }
}

/** Writes new holds, and what is left of those that changed. */
export function saveHolds(ledgerId: bigint, holds: readonly BookHold[]): Statement[] {
  if (holds.length === 0) return []
  const expiry = ({ expiresAt }: BookHold) => (expiresAt === undefined ? undefined : instant(expiresAt))
  const values: unknown[] = [ledgerId]
  const rows = rowSource(
    [
      columnOf('id', 'uuid', holds, (hold) => hold.id),
      columnOf('seq', 'bigint', holds, (hold) => hold.seq),
      columnOf('debit', 'bigint', holds, (hold) => hold.debit.id),
      columnOf('credit', 'bigint', holds, (hold) => hold.credit.id),
      columnOf('amount', 'numeric', holds, (hold) => hold.amount),
      columnOf('expires_at', 'timestamptz', holds, expiry),
      columnOf('status', 'text', holds, (hold) => hold.status),
      columnOf('remaining', 'numeric', holds, (hold) => hold.remaining),
      columnOf('settled', 'numeric', holds, (hold) => hold.settled),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.holds (id, ledger_id, seq, debit_account, credit_account, amount, expires_at, status, remaining, settled)
     SELECT id, $1, seq, debit, credit, amount, expires_at, status, remaining, settled FROM ${rows}
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, remaining = excluded.remaining, settled = excluded.settled`,
      values,
    },
  ]
}
