import type { World } from '@florin/kernel/testing'
import { type Books, balance, remaining, settled } from '../../src/testing/model/books.ts'

/** What is compared after every step: every account, every hold, every event, and where the journal ends. */
interface LedgerState {
  readonly accounts: Readonly<Record<string, unknown>>
  readonly holds: Readonly<Record<string, unknown>>
  readonly events: readonly string[]
  readonly seq: bigint
}

export function modelState(books: Books): LedgerState {
  return {
    accounts: Object.fromEntries(
      books.accounts.map((account) => {
        const { address, asset, type, limit, frozen, closed } = account
        const { available: _, ...counters } = balance(books, account)
        return [`${address} ${asset}`, { type, limit, frozen, closed, ...counters }]
      }),
    ),
    holds: Object.fromEntries(
      books.holds.map((hold) => [
        hold.id,
        {
          status: hold.status,
          remaining: remaining(hold),
          settled: settled(books, hold),
          expires: hold.expiresAt === undefined ? null : new Date(hold.expiresAt),
        },
      ]),
    ),
    events: books.events.map(({ type, address, asset }) => `${type} ${address} ${asset}`).sort(),
    seq: BigInt(books.records.length),
  }
}

export async function ledgerState(world: World, ledger: string): Promise<LedgerState> {
  const db = world.adminDatabase
  const accounts = await db.query<{ place: string }>(
    `SELECT a.address || ' ' || a.asset AS place, a.type, a.overdraft_limit AS limit, a.frozen,
       a.closed_at IS NOT NULL AS closed, b.posted_debits AS debits, b.posted_credits AS credits,
       b.pending_debits AS "pendingDebits", b.pending_credits AS "pendingCredits", b.version
     FROM ledger.accounts a JOIN ledger.balances b ON b.account_id = a.id
     JOIN ledger.ledgers l ON l.id = a.ledger_id WHERE l.name = $1`,
    [ledger],
  )
  const holds = await db.query<{ id: string }>(
    `SELECT h.id, h.status, h.remaining, h.settled, h.expires_at AS expires
     FROM ledger.holds h JOIN ledger.ledgers l ON l.id = h.ledger_id WHERE l.name = $1`,
    [ledger],
  )
  const events = await db.query<{ told: string }>(
    `SELECT type || ' ' || substr(subject, length($1) + 2) AS told FROM kernel.outbox
     WHERE starts_with(subject, $1 || '/') ORDER BY seq`,
    [ledger],
  )
  const [head] = await db.query<{ seq: bigint; ends: bigint; count: bigint; ordered: boolean }>(
    `SELECT h.seq, coalesce(max(j.seq), 0) AS ends, count(j.seq) AS count,
       coalesce(bool_and(j.rising), true) AS ordered
     FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id
     LEFT JOIN (SELECT ledger_id, seq, booked_at >= lag(booked_at, 1, '-infinity')
                  OVER (PARTITION BY ledger_id ORDER BY seq) AS rising FROM ledger.journal) j ON j.ledger_id = l.id
     WHERE l.name = $1 GROUP BY h.seq`,
    [ledger],
  )
  if (head === undefined || head.seq !== head.ends || head.seq !== head.count || !head.ordered)
    throw new Error(`The journal of ${ledger} has gaps or falling times: ${head?.seq}, ${head?.count}`)
  return {
    accounts: Object.fromEntries(accounts.map(({ place, ...rest }) => [place, rest])),
    holds: Object.fromEntries(holds.map(({ id, ...rest }) => [id, rest])),
    events: events.map((row) => row.told).sort(),
    seq: head.seq,
  }
}
