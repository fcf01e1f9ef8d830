import type { Db } from '@florin/kernel'

/** Bits of an account's id that number it within its ledger. */
const numberBits = 40n

/** A ledger as far as its records are looked at: up to `seq`. Records never change, so this needs no snapshot. */
export interface Scope {
  readonly id: bigint
  readonly name: string
  readonly seq: bigint
  /** Accounts numbered 1 to this are looked at. */
  readonly accounts: number
}

interface ScopeRow {
  id: bigint
  name: string
  seq: bigint
  accounts: bigint
}

/** All ledgers as they stand. */
export async function scopesOf(db: Db): Promise<Scope[]> {
  const rows = await db.query<ScopeRow>(
    `SELECT l.id, l.name, h.seq, h.accounts FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id ORDER BY l.id`,
  )
  return rows.map(scopeOf)
}

/** One ledger as its head says. */
export function scopeOf(head: {
  readonly id: bigint
  readonly name: string
  readonly seq: bigint
  readonly accounts: bigint
}): Scope {
  return { id: head.id, name: head.name, seq: head.seq, accounts: Number(head.accounts) }
}

export function firstAccount(ledger: bigint): bigint {
  return ledger << numberBits
}

/** The account's number within the ledger; not within 1 to 2^40 − 1 where it belongs to another. */
export function numberOf(ledger: bigint, account: bigint): number {
  return Number(account - firstAccount(ledger))
}

export function idOf(ledger: bigint, number: number): bigint {
  return firstAccount(ledger) + BigInt(number)
}

/** What people call these accounts, in the order given. */
export async function namesOf(db: Db, ids: readonly bigint[]): Promise<Map<bigint, string>> {
  const rows = await db.query<{ id: bigint; name: string }>(
    `SELECT id, address || ' ' || asset AS name FROM ledger.accounts WHERE id = ANY($1::bigint[])`,
    [`{${ids.join(',')}}`],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}
