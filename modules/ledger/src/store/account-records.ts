import { type Db, Refusal } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import type { AccountType, FreezeState } from '../domain/account.ts'
import type { Account } from '../schemas.ts'

export interface AccountRecordRow {
  id: bigint
  ledger: string
  address: string
  asset: string
  exponent: number
  type: AccountType
  overdraft_limit: bigint | null
  frozen: FreezeState
  opened_at: Date
  closed_at: Date | null
  metadata: Record<string, string>
  chart_version: number
}

export const accountColumns = `a.id, l.name AS ledger, a.address, a.asset, a.exponent, a.type, a.overdraft_limit, a.frozen,
  a.opened_at, a.closed_at, a.metadata, a.chart_version`

export function accountView(row: AccountRecordRow): Account {
  return {
    ledger: row.ledger,
    address: row.address,
    asset: row.asset,
    type: row.type,
    overdraft_limit: row.overdraft_limit === null ? null : formatDecimal(row.overdraft_limit, row.exponent),
    frozen: row.frozen,
    opened_at: row.opened_at.toISOString(),
    closed_at: row.closed_at?.toISOString() ?? null,
    metadata: row.metadata,
    chart_version: row.chart_version,
  }
}

/** The account, or `account_not_found`. */
export async function findAccount(
  db: Db,
  ledgerId: bigint,
  address: string,
  asset: string,
): Promise<AccountRecordRow> {
  const [row] = await db.query<AccountRecordRow>(
    `SELECT ${accountColumns} FROM ledger.accounts a JOIN ledger.ledgers l ON l.id = a.ledger_id
     WHERE a.ledger_id = $1 AND a.address = $2 AND a.asset = $3`,
    [ledgerId, address, asset],
  )
  if (row === undefined)
    throw new Refusal('account_not_found', `There is no account ${address} ${asset}`, {
      account: address,
      asset,
    })
  return row
}
