import { type Db, Refusal } from '@florin/kernel'

export interface InstrumentRecord {
  readonly code: string
  readonly exponent: number
  readonly name: string | null
  readonly isin: string | null
  readonly cfi: string | null
  readonly defined_at: Date
  readonly defined_by: string
}

const columns = 'code, exponent, name, isin, cfi, defined_at, defined_by'

/** Writes an instrument down; false if its code is taken. */
export async function insertInstrument(db: Db, instrument: InstrumentRecord): Promise<boolean> {
  const { code, exponent, name, isin, cfi, defined_at, defined_by } = instrument
  const rows = await db.query(
    `INSERT INTO exchange.instruments (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (code) DO NOTHING RETURNING code`,
    [code, exponent, name, isin, cfi, defined_at, defined_by],
  )
  return rows.length === 1
}

/** @throws Refusal `instrument_not_found` */
export async function findInstrument(db: Db, code: string): Promise<InstrumentRecord> {
  const [row] = await db.query<InstrumentRecord>(
    `SELECT ${columns} FROM exchange.instruments WHERE code = $1`,
    [code],
  )
  if (row === undefined)
    throw new Refusal('instrument_not_found', `There is no instrument "${code}"`, { instrument: code })
  return row
}

/** In the order of their codes, after `after`. */
export async function listInstruments(db: Db, after: string, limit: number): Promise<InstrumentRecord[]> {
  return db.query<InstrumentRecord>(
    `SELECT ${columns} FROM exchange.instruments WHERE code COLLATE "C" > $1 ORDER BY code COLLATE "C" LIMIT $2`,
    [after, limit],
  )
}
