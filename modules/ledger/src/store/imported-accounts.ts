import type { Db, Unit } from '@florin/kernel'
import { type LedgerHead, policiesChanged } from './head.ts'
import { arrayLiteral, instant } from './rows.ts'

interface ImportedAccount {
  readonly name: string
  readonly opened?: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Adds what a journal says of its accounts to their metadata; its own opening date as `opened`. */
export async function describeImported(
  db: Db,
  ledgerId: bigint,
  accounts: readonly ImportedAccount[],
): Promise<void> {
  const told = accounts.map((account) => ({
    address: account.name,
    metadata: { ...account.metadata, ...(account.opened === undefined ? {} : { opened: account.opened }) },
  }))
  const described = told.filter((account) => Object.keys(account.metadata).length > 0)
  if (described.length === 0) return
  await db.query(
    `UPDATE ledger.accounts a SET metadata = a.metadata || n.metadata::jsonb
     FROM unnest($2::text[], $3::text[]) AS n(address, metadata)
     WHERE a.ledger_id = $1 AND a.address = n.address AND NOT a.metadata @> n.metadata::jsonb`,
    [
      ledgerId,
      described.map((account) => account.address),
      described.map((account) => JSON.stringify(account.metadata)),
    ],
  )
}

/** Closes those of the accounts that are at zero and hold nothing; says how many. The ledger is locked. */
export async function closeIfEmpty(
  unit: Unit,
  ledger: LedgerHead,
  addresses: readonly string[],
): Promise<number> {
  if (addresses.length === 0) return 0
  const empty = await unit.db.query<{ id: bigint }>(
    `SELECT a.id FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id
     WHERE a.ledger_id = $1 AND a.address = ANY($2::text[]) AND a.closed_at IS NULL
       AND b.posted_debits = b.posted_credits AND b.pending_debits = 0 AND b.pending_credits = 0`,
    [ledger.id, addresses],
  )
  if (empty.length === 0) return 0
  await unit.db.query('UPDATE ledger.accounts SET closed_at = $2 WHERE id = ANY($1::bigint[])', [
    arrayLiteral(empty.map((row) => row.id)),
    instant(ledger.bookedAt),
  ])
  await policiesChanged(unit, ledger)
  return empty.length
}
