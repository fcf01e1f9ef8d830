import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode, systemClock } from '@florin/kernel'
import { type Ask, type Known } from '@florin/postgres/backup'
import { readFile } from 'node:fs/promises'

/** How far every ledger's journal comes; none in a database that was never migrated. */
export async function knownLedgers(ask: Ask): Promise<Known[]> {
  const [there] = await ask(`SELECT to_regclass('ledger.heads') IS NOT NULL AS there`)
  if (there?.there !== true) return []
  const rows = await ask(
    `SELECT l.name, h.seq::text AS seq, to_char(h.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
     FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id WHERE l.id > 0 ORDER BY l.name`,
  )
  return rows.map((row) => ({ name: String(row.name), seq: String(row.seq), at: String(row.at) }))
}
