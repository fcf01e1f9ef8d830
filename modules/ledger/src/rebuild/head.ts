import type { Db } from '@florin/kernel'
import { firstAccount } from '../verification/scope.ts'
import type { Cache, Difference } from './cache.ts'

/** Where the ledger's journal ends and how many accounts it has. */
export const head: Cache = {
  name: 'head',
  async differences(db, { id }) {
    return compare(db, id)
  },
  async prepare() {
    return async (unit, ledger) => {
      const wrong = await compare(unit.db, ledger.id)
      for (const { counted } of wrong) {
        ledger.seq = BigInt(counted.seq ?? 0)
        ledger.accounts = BigInt(counted.accounts ?? 0)
        await unit.db.query('UPDATE ledger.heads SET seq = $2, accounts = $3 WHERE ledger_id = $1', [
          ledger.id,
          ledger.seq,
          ledger.accounts,
        ])
      }
      return wrong
    }
  },
}

interface HeadRow {
  name: string
  seq: bigint
  accounts: bigint
  last: bigint
  opened: bigint
}

/** One statement, so that all of it is of one moment. */
async function compare(db: Db, ledger: bigint): Promise<Difference[]> {
  const [row] = await db.query<HeadRow>(
    `SELECT l.name, h.seq, h.accounts,
       coalesce((SELECT max(j.seq) FROM ledger.journal j WHERE j.ledger_id = h.ledger_id), 0) AS last,
       coalesce((SELECT max(a.id) - $2 FROM ledger.accounts a WHERE a.id > $2 AND a.id < $3), 0) AS opened
     FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id WHERE h.ledger_id = $1`,
    [ledger, firstAccount(ledger), firstAccount(ledger + 1n)],
  )
  if (row === undefined || (row.seq === row.last && row.accounts === row.opened)) return []
  return [
    {
      cache: head.name,
      key: String(ledger),
      subject: `head of ${row.name}`,
      kept: { seq: String(row.seq), accounts: String(row.accounts) },
      counted: { seq: String(row.last), accounts: String(row.opened) },
    },
  ]
}
