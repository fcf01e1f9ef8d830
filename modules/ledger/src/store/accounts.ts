import type { Db } from '@florin/kernel'
import type { AccountType, FreezeState } from '../domain/account.ts'
import type { BookAccount } from '../domain/book.ts'
import { arrayLiteral, columnOf, instant, rowSource, type Statement } from './rows.ts'

/** An account that does not exist yet but would be opened by its first posting. */
export interface NewAccount {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly overdraftLimit: bigint | undefined
  readonly chartVersion: number
}

interface AccountRow {
  id: bigint
  address: string
  asset: string
  exponent: number
  type: AccountType
  overdraft_limit: bigint | null
  frozen: FreezeState
  closed_at: Date | null
  posted_debits: bigint
  posted_credits: bigint
  pending_debits: bigint
  pending_credits: bigint
  version: bigint
}

const columns = `a.id, a.address, a.asset, a.exponent, a.type, a.overdraft_limit, a.frozen, a.closed_at,
  b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits, b.version`

/** The accounts of these addresses and assets that exist, with their counters. */
export async function loadAccounts(
  db: Db,
  ledgerId: bigint,
  wanted: readonly { readonly address: string; readonly asset: string }[],
): Promise<BookAccount[]> {
  if (wanted.length === 0) return []
  const rows = await db.query<AccountRow>(
    `SELECT ${columns} FROM unnest($2::text[], $3::text[]) AS w(address, asset)
     JOIN ledger.accounts a ON a.ledger_id = $1 AND a.address = w.address AND a.asset = w.asset
     JOIN ledger.balances b ON b.account_id = a.id`,
    [ledgerId, arrayLiteral(wanted.map((w) => w.address)), arrayLiteral(wanted.map((w) => w.asset))],
  )
  return rows.map(bookAccount)
}

/** The accounts of these ids, with their counters. */
export async function loadAccountsById(db: Db, ids: readonly bigint[]): Promise<BookAccount[]> {
  if (ids.length === 0) return []
  const rows = await db.query<AccountRow>(
    `SELECT ${columns} FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id WHERE a.id = ANY($1::bigint[])`,
    [arrayLiteral(ids)],
  )
  return rows.map(bookAccount)
}

function bookAccount(row: AccountRow): BookAccount {
  return {
    id: row.id,
    address: row.address,
    asset: row.asset,
    exponent: row.exponent,
    type: row.type,
    overdraftLimit: row.overdraft_limit ?? undefined,
    frozen: row.frozen,
    closed: row.closed_at !== null,
    postedDebits: row.posted_debits,
    postedCredits: row.posted_credits,
    pendingDebits: row.pending_debits,
    pendingCredits: row.pending_credits,
    version: row.version,
  }
}

/** Opens accounts with empty counters. */
export function insertAccounts(
  ledgerId: bigint,
  accounts: readonly (NewAccount & {
    readonly id: bigint
    readonly metadata?: Readonly<Record<string, string>> | undefined
  })[],
  openedAt: number,
): Statement[] {
  if (accounts.length === 0) return []
  const values: unknown[] = [ledgerId, instant(openedAt)]
  const rows = rowSource(
    [
      columnOf('id', 'bigint', accounts, (a) => a.id),
      columnOf('address', 'text', accounts, (a) => a.address),
      columnOf('asset', 'text', accounts, (a) => a.asset),
      columnOf('exponent', 'int', accounts, (a) => a.exponent),
      columnOf('type', 'text', accounts, (a) => a.type),
      columnOf('lim', 'numeric', accounts, (a) => a.overdraftLimit),
      columnOf('chart', 'int', accounts, (a) => a.chartVersion),
      columnOf('metadata', 'jsonb', accounts, (a) => JSON.stringify(a.metadata ?? {})),
    ],
    values,
  )
  return [
    {
      text: `WITH opened AS (
       INSERT INTO ledger.accounts (id, ledger_id, address, asset, exponent, type, overdraft_limit, chart_version, metadata, opened_at)
       SELECT id, $1, address, asset, exponent, type, lim, chart, metadata, $2 FROM ${rows}
       RETURNING id)
     INSERT INTO ledger.balances (account_id) SELECT id FROM opened`,
      values,
    },
  ]
}

/** Writes the counters that a batch came to: one update an account, whatever happened to it. */
export function saveBalances(accounts: readonly BookAccount[]): Statement[] {
  if (accounts.length === 0) return []
  const values: unknown[] = []
  const rows = rowSource(
    [
      columnOf('id', 'bigint', accounts, (a) => a.id),
      columnOf('pd', 'numeric', accounts, (a) => a.postedDebits),
      columnOf('pc', 'numeric', accounts, (a) => a.postedCredits),
      columnOf('hd', 'numeric', accounts, (a) => a.pendingDebits),
      columnOf('hc', 'numeric', accounts, (a) => a.pendingCredits),
      columnOf('at', 'bigint', accounts, (a) => a.version),
    ],
    values,
  )
  return [
    {
      text: `UPDATE ledger.balances b
     SET posted_debits = pd, posted_credits = pc, pending_debits = hd, pending_credits = hc, version = at
     FROM ${rows} WHERE b.account_id = varying.id`,
      values,
    },
  ]
}
