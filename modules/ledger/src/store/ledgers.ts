import type { Db, Unit } from '@florin/kernel'

export interface NewLedger {
  readonly name: string
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export async function ledgerExists(db: Db, name: string): Promise<boolean> {
  return (await db.query('SELECT FROM ledger.ledgers WHERE name = $1', [name])).length > 0
}

/** Opens a ledger with an empty journal; undefined if its name is taken. */
export async function insertLedger(unit: Unit, ledger: NewLedger): Promise<Date | undefined> {
  const openedAt = new Date(unit.clock.now())
  // Whoever opens a ledger holds nobody's head, so that numbers are given out one after another.
  await unit.db.query('SELECT FROM ledger.heads WHERE ledger_id = 0 FOR UPDATE')
  const [row] = await unit.db.query<{ id: bigint }>(
    `INSERT INTO ledger.ledgers (id, name, description, metadata, opened_at)
     SELECT max(id) + 1, $1, $2, $3, $4 FROM ledger.ledgers ON CONFLICT (name) DO NOTHING RETURNING id`,
    [ledger.name, ledger.description ?? null, JSON.stringify(ledger.metadata), openedAt],
  )
  if (row === undefined) return undefined
  await unit.db.query(
    `INSERT INTO ledger.heads (ledger_id, seq, accounts, booked_at) VALUES ($1, 0, 0, 'epoch')`,
    [row.id],
  )
  return openedAt
}
