import type { Db } from '@florin/kernel'
import { arrayLiteral } from '../store/rows.ts'
import { areEqual, readCounters, wrongCounters } from '../verification/counters.ts'
import { type Counted, Recount } from '../verification/recount.ts'
import { firstAccount } from '../verification/scope.ts'
import type { Cache, Difference } from './cache.ts'

/** The four counters of each account and the record that changed them last. */
export const balances: Cache = {
  name: 'balances',
  async differences(db, scope, progress) {
    const recount = new Recount(scope)
    await recount.countPostings(db, scope, undefined, (seq) => progress(seq, Number(scope.seq)))
    await recount.countReservations(db, scope)
    const found: Difference[] = []
    for await (const { account, name, kept, counted } of wrongCounters(db, scope, recount))
      found.push(differenceOf(account, name, kept, counted))
    return found
  },
  async prepare(db, scope, keys) {
    const ids = [...new Set(keys.filter((key) => /^[1-9]\d{0,17}$/.test(key)))]
      .map(BigInt)
      .filter((id) => id > firstAccount(scope.id) && id < firstAccount(scope.id + 1n))
    const before = await countAccounts(db, ids, 0n, scope.seq)
    return async (unit, ledger) => {
      const since = await countAccounts(unit.db, ids, scope.seq, ledger.seq)
      const kept = await readCounters(unit.db, ids)
      const wrong = kept.flatMap((account) => {
        const counted = sum(before.get(account.id), since.get(account.id))
        const holds = account.kept !== undefined && areEqual(account.kept, counted)
        return holds ? [] : [{ ...account, counted }]
      })
      await saveCounters(unit.db, wrong)
      return wrong.map((one) => differenceOf(one.id, one.name, one.kept, one.counted))
    }
  },
}

const nothing: Counted = {
  postedDebits: 0n,
  postedCredits: 0n,
  pendingDebits: 0n,
  pendingCredits: 0n,
  version: 0n,
}

function sum(before: Counted = nothing, since: Counted = nothing): Counted {
  return {
    postedDebits: before.postedDebits + since.postedDebits,
    postedCredits: before.postedCredits + since.postedCredits,
    pendingDebits: before.pendingDebits + since.pendingDebits,
    pendingCredits: before.pendingCredits + since.pendingCredits,
    version: since.version > 0n ? since.version : before.version,
  }
}

function differenceOf(id: bigint, subject: string, kept: Counted | undefined, counted: Counted): Difference {
  return {
    cache: balances.name,
    key: String(id),
    subject,
    kept: kept === undefined ? null : shown(kept),
    counted: shown(counted),
  }
}

function shown(counters: Counted): Record<string, string> {
  return {
    posted_debits: String(counters.postedDebits),
    posted_credits: String(counters.postedCredits),
    pending_debits: String(counters.pendingDebits),
    pending_credits: String(counters.pendingCredits),
    version: String(counters.version),
  }
}

interface CountedRow {
  id: bigint
  debits: bigint
  credits: bigint
  held_debits: bigint
  held_credits: bigint
  version: bigint
}

/** Sums of the records of single accounts after one seq, up to another. Served by the indexes on accounts. */
async function countAccounts(
  db: Db,
  ids: readonly bigint[],
  after: bigint,
  upTo: bigint,
): Promise<Map<bigint, Counted>> {
  const total = (what: string, table: string, side: string): string =>
    `LATERAL (SELECT coalesce(sum(${what}), 0) AS sum, coalesce(max(seq), 0) AS seq FROM ledger.${table}
       WHERE ${side}_account = w.id AND seq > $2 AND seq <= $3)`
  const rows = await db.query<CountedRow>(
    `SELECT w.id, pd.sum AS debits, pc.sum AS credits, rd.sum AS held_debits, rc.sum AS held_credits,
       greatest(pd.seq, pc.seq, rd.seq, rc.seq) AS version
     FROM unnest($1::bigint[]) w(id), ${total('amount', 'postings', 'debit')} pd, ${total('amount', 'postings', 'credit')} pc,
       ${total('delta', 'reservations', 'debit')} rd, ${total('delta', 'reservations', 'credit')} rc`,
    [arrayLiteral(ids), after, upTo],
  )
  return new Map(
    rows.map((row) => [
      row.id,
      {
        postedDebits: row.debits,
        postedCredits: row.credits,
        pendingDebits: row.held_debits,
        pendingCredits: row.held_credits,
        version: row.version,
      },
    ]),
  )
}

async function saveCounters(
  db: Db,
  accounts: readonly { readonly id: bigint; readonly counted: Counted }[],
): Promise<void> {
  if (accounts.length === 0) return
  await db.query(
    `INSERT INTO ledger.balances AS b (account_id, posted_debits, posted_credits, pending_debits, pending_credits, version)
     SELECT * FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[], $6::bigint[])
     ON CONFLICT (account_id) DO UPDATE SET posted_debits = excluded.posted_debits, posted_credits = excluded.posted_credits,
       pending_debits = excluded.pending_debits, pending_credits = excluded.pending_credits, version = excluded.version`,
    [
      arrayLiteral(accounts.map(({ id }) => id)),
      arrayLiteral(accounts.map(({ counted }) => counted.postedDebits)),
      arrayLiteral(accounts.map(({ counted }) => counted.postedCredits)),
      arrayLiteral(accounts.map(({ counted }) => counted.pendingDebits)),
      arrayLiteral(accounts.map(({ counted }) => counted.pendingCredits)),
      arrayLiteral(accounts.map(({ counted }) => counted.version)),
    ],
  )
}
