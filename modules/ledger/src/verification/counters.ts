import type { Db } from '@florin/kernel'
import type { Counted, Recount } from './recount.ts'
import { firstAccount, numberOf, type Scope } from './scope.ts'

const page = 5_000

interface CounterRow {
  id: bigint
  name: string
  asset: string
  ledger_id: bigint
  posted_debits: bigint | null
  posted_credits: bigint
  pending_debits: bigint
  pending_credits: bigint
  version: bigint
}

/** An account whose kept counters are not what its records come to. */
export interface WrongCounters {
  readonly account: bigint
  readonly name: string
  /** Undefined where the row is missing. */
  readonly kept: Counted | undefined
  readonly counted: Counted
}

export interface AccountPage {
  readonly id: bigint
  readonly name: string
  readonly asset: string
  readonly ledger: bigint
  /** Undefined where the row is missing. */
  readonly kept: Counted | undefined
}

/** The accounts of a ledger with their kept counters, in pages by id. */
export async function* keptCounters(
  db: Db,
  { id: ledger }: { readonly id: bigint },
): AsyncGenerator<AccountPage[]> {
  for (let after = firstAccount(ledger); ; ) {
    const rows = await db.query<CounterRow>(
      `SELECT a.id, a.address || ' ' || a.asset AS name, a.asset, a.ledger_id,
         b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits, b.version
       FROM ledger.accounts a LEFT JOIN ledger.balances b ON b.account_id = a.id
       WHERE a.id > $1 AND a.id < $2 ORDER BY a.id LIMIT ${page}`,
      [after, firstAccount(ledger + 1n)],
    )
    if (rows.length > 0) yield rows.map(accountOf)
    const last = rows.at(-1)
    if (last === undefined || rows.length < page) return
    after = last.id
  }
}

function accountOf(row: CounterRow): AccountPage {
  const kept =
    row.posted_debits === null ? undefined : countersOf({ ...row, posted_debits: row.posted_debits })
  return { id: row.id, name: row.name, asset: row.asset, ledger: row.ledger_id, kept }
}

interface KeptRow {
  posted_debits: bigint
  posted_credits: bigint
  pending_debits: bigint
  pending_credits: bigint
  version: bigint
}

function countersOf(row: KeptRow): Counted {
  return {
    postedDebits: row.posted_debits,
    postedCredits: row.posted_credits,
    pendingDebits: row.pending_debits,
    pendingCredits: row.pending_credits,
    version: row.version,
  }
}

/**
 * The accounts of which the counters are wrong. Accounts that were posted to after the scope's last seq are compared
 * with what their latest records say, read by the same statement, so that no snapshot and no lock is needed.
 */
export async function* wrongCounters(db: Db, scope: Scope, recount: Recount): AsyncGenerator<WrongCounters> {
  for await (const accounts of keptCounters(db, scope)) {
    const later: bigint[] = []
    for (const { id, name, kept } of accounts) {
      const counted = recount.of(numberOf(scope.id, id))
      if (kept !== undefined && kept.version > scope.seq) later.push(id)
      else if (kept === undefined || !areEqual(kept, counted)) yield { account: id, name, kept, counted }
    }
    if (later.length > 0) yield* wrongAfterwards(db, later)
  }
}

interface LaterRow extends KeptRow {
  id: bigint
  name: string
  debits: bigint
  credits: bigint
  held_debits: bigint
  held_credits: bigint
  last: bigint
}

async function* wrongAfterwards(db: Db, ids: readonly bigint[]): AsyncGenerator<WrongCounters> {
  const rows = await db.query<LaterRow>(
    `SELECT a.id, a.address || ' ' || a.asset AS name, b.*, coalesce(p.debits, 0) AS debits, coalesce(p.credits, 0) AS credits,
       coalesce(d.held, 0) AS held_debits, coalesce(c.held, 0) AS held_credits,
       greatest(p.seq, d.seq, c.seq, 0) AS last
     FROM unnest($1::bigint[]) w(id) JOIN ledger.accounts a ON a.id = w.id JOIN ledger.balances b ON b.account_id = a.id
     LEFT JOIN LATERAL (
       (SELECT seq, line, debit_debits AS debits, debit_credits AS credits FROM ledger.postings
        WHERE debit_account = a.id ORDER BY seq DESC, line DESC LIMIT 1)
       UNION ALL
       (SELECT seq, line, credit_debits, credit_credits FROM ledger.postings
        WHERE credit_account = a.id ORDER BY seq DESC, line DESC LIMIT 1)
       ORDER BY seq DESC, line DESC LIMIT 1) p ON true
     LEFT JOIN LATERAL (SELECT seq, debit_pending AS held FROM ledger.reservations
       WHERE debit_account = a.id ORDER BY seq DESC, line DESC LIMIT 1) d ON true
     LEFT JOIN LATERAL (SELECT seq, credit_pending AS held FROM ledger.reservations
       WHERE credit_account = a.id ORDER BY seq DESC, line DESC LIMIT 1) c ON true`,
    [`{${ids.join(',')}}`],
  )
  for (const row of rows) {
    const kept = countersOf(row)
    const counted = {
      postedDebits: row.debits,
      postedCredits: row.credits,
      pendingDebits: row.held_debits,
      pendingCredits: row.held_credits,
      version: row.last,
    }
    if (!areEqual(kept, counted)) yield { account: row.id, name: row.name, kept, counted }
  }
}

export function areEqual(a: Counted, b: Counted): boolean {
  return (
    a.postedDebits === b.postedDebits &&
    a.postedCredits === b.postedCredits &&
    a.pendingDebits === b.pendingDebits &&
    a.pendingCredits === b.pendingCredits &&
    a.version === b.version
  )
}

/** The kept counters of single accounts. */
export async function readCounters(db: Db, ids: readonly bigint[]): Promise<AccountPage[]> {
  const rows = await db.query<CounterRow>(
    `SELECT a.id, a.address || ' ' || a.asset AS name, a.asset, a.ledger_id,
       b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits, b.version
     FROM unnest($1::bigint[]) w(id) JOIN ledger.accounts a ON a.id = w.id LEFT JOIN ledger.balances b ON b.account_id = a.id
     ORDER BY a.id`,
    [`{${ids.join(',')}}`],
  )
  return rows.map(accountOf)
}
