import type { Db } from '@florin/kernel'
import { instant } from './rows.ts'

/** How far an import has come. */
export interface ImportProgress {
  /** Transactions of the journal that are dealt with. */
  readonly through: number
  readonly booked: number
  readonly already: number
}

/** Sums up the parts that are booked; grows with the parts of this import alone. */
export async function importProgress(db: Db, ledgerId: bigint, name: string): Promise<ImportProgress> {
  const [row] = await db.query<{ through: bigint | null; booked: bigint | null; already: bigint | null }>(
    `SELECT max(through) AS through, sum(booked) AS booked, sum(already) AS already
     FROM ledger.import_parts WHERE ledger_id = $1 AND import = $2`,
    [ledgerId, name],
  )
  return {
    through: Number(row?.through ?? 0),
    booked: Number(row?.booked ?? 0),
    already: Number(row?.already ?? 0),
  }
}

export async function insertPart(
  db: Db,
  ledgerId: bigint,
  name: string,
  part: ImportProgress,
  bookedAt: number,
): Promise<void> {
  await db.query(
    `INSERT INTO ledger.import_parts (ledger_id, import, through, booked, already, booked_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [ledgerId, name, part.through, part.booked, part.already, instant(bookedAt)],
  )
}
