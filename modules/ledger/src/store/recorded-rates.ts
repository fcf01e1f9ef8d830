import type { Db, Unit } from '@florin/kernel'
import type { RateRow } from './rates.ts'
import { type Column, columnOf, rowSource } from './rows.ts'

export interface NewRate {
  readonly source: string
  readonly base: string
  readonly quote: string
  readonly time: string
  readonly rate: string
  readonly valid_until?: string | undefined
  readonly revision: number
}

/** The rates that count at exactly these times, by pair and time. */
export async function storedRates(
  db: Db,
  source: string,
  places: readonly Pick<NewRate, 'base' | 'quote' | 'time'>[],
): Promise<Map<string, RateRow>> {
  if (places.length === 0) return new Map()
  const values: unknown[] = [source]
  const rows = await db.query<RateRow>(
    `SELECT r.* FROM ${rowSource(placeColumns(places), values)},
       LATERAL (SELECT * FROM ledger.rates r WHERE r.source = $1 AND r.base = b AND r.quote = q AND r.time = t
                ORDER BY r.revision DESC LIMIT 1) r`,
    values,
  )
  return new Map(rows.map((row) => [`${row.base} ${row.quote} ${row.time.getTime()}`, row]))
}

/** Records rates; those that somebody else recorded meanwhile are left out of what is returned. */
export async function insertRates(unit: Unit, rates: readonly NewRate[]): Promise<RateRow[]> {
  if (rates.length === 0) return []
  const values: unknown[] = [unit.context.reason ?? null, new Date(unit.clock.now()), unit.context.actor.id]
  const columns: Column[] = [
    ...placeColumns(rates),
    columnOf('s', 'text', rates, (rate) => rate.source),
    columnOf('n', 'int', rates, (rate) => rate.revision),
    columnOf('v', 'text', rates, (rate) => rate.rate),
    columnOf('u', 'timestamptz', rates, (rate) => rate.valid_until),
  ]
  return unit.db.query<RateRow>(
    // In one order, so that two calls with the same rates wait for each other and never lock each other out.
    `INSERT INTO ledger.rates (source, base, quote, time, revision, rate, valid_until, reason, recorded_at, recorded_by)
     SELECT s, b, q, t, n, v, u, CASE WHEN n > 1 THEN $1 END, $2, $3 FROM ${rowSource(columns, values)}
     ORDER BY s, b, q, t ON CONFLICT DO NOTHING RETURNING *`,
    values,
  )
}

/** The first column of rows must vary in every row, or be alone. */
function placeColumns(places: readonly Pick<NewRate, 'base' | 'quote' | 'time'>[]): Column[] {
  return [
    columnOf('b', 'text', places, (place) => place.base),
    columnOf('q', 'text', places, (place) => place.quote),
    columnOf('t', 'timestamptz', places, (place) => place.time),
  ]
}
