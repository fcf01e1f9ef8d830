import type { Db } from '@florin/kernel'
import { businessCalendar, type CalendarData } from '../domain/business-days.ts'
import type { SettlementPolicy, SettlementTerms } from '../domain/settlement-terms.ts'

export interface CalendarRecord extends CalendarData {
  readonly version: number
  readonly set_at: Date
  readonly set_by: string
}

/** The calendar in force, or undefined if none was ever set. */
export async function currentCalendar(db: Db, ledgerId: bigint): Promise<CalendarRecord | undefined> {
  const [row] = await db.query<CalendarRecord>(
    `SELECT version, to_char(first_day, 'YYYY-MM-DD') AS valid_from, to_char(last_day, 'YYYY-MM-DD') AS valid_to,
       weekend, holidays, set_at, set_by
     FROM ledger.calendars WHERE ledger_id = $1 ORDER BY version DESC LIMIT 1`,
    [ledgerId],
  )
  return row
}

export async function insertCalendar(db: Db, ledgerId: bigint, calendar: CalendarRecord): Promise<void> {
  const { version, valid_from, valid_to, weekend, holidays, set_at, set_by } = calendar
  await db.query(
    `INSERT INTO ledger.calendars (ledger_id, version, first_day, last_day, weekend, holidays, set_at, set_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [ledgerId, version, valid_from, valid_to, weekend, JSON.stringify(holidays), set_at, set_by],
  )
}

export interface TermsRecord {
  readonly version: number
  readonly prefix: string
  readonly asset: string | null
  readonly business_days: number | null
  readonly set_at: Date
  readonly set_by: string
}

/** For each prefix and asset the terms said last, by prefix and asset, those that were ended included. */
export async function currentTerms(db: Db, ledgerId: bigint): Promise<TermsRecord[]> {
  return db.query<TermsRecord>(
    `SELECT DISTINCT ON (prefix COLLATE "C", asset COLLATE "C") version, prefix, asset, business_days, set_at, set_by
     FROM ledger.settlement_terms WHERE ledger_id = $1
     ORDER BY prefix COLLATE "C", asset COLLATE "C" NULLS FIRST, version DESC`,
    [ledgerId],
  )
}

/** Writes new terms down, under the ledger's lock, and gives their version. */
export async function insertTerms(
  db: Db,
  ledgerId: bigint,
  terms: Omit<TermsRecord, 'version'>,
): Promise<number> {
  const [row] = await db.query<{ version: number }>(
    `INSERT INTO ledger.settlement_terms (ledger_id, version, prefix, asset, business_days, set_at, set_by)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6 FROM ledger.settlement_terms WHERE ledger_id = $1
     RETURNING version`,
    [ledgerId, terms.prefix, terms.asset, terms.business_days, terms.set_at, terms.set_by],
  )
  if (row === undefined) throw new Error('The terms were not written')
  return row.version
}

/** What the ledger's postings are due by; undefined where there never were any terms. */
export async function settlementPolicy(db: Db, ledgerId: bigint): Promise<SettlementPolicy | undefined> {
  const records = await currentTerms(db, ledgerId)
  if (records.length === 0) return undefined
  const calendar = await currentCalendar(db, ledgerId)
  if (calendar === undefined) throw new Error(`Ledger ${ledgerId} has settlement terms and no calendar`)
  const terms = records.flatMap(({ version, prefix, asset, business_days }): SettlementTerms[] =>
    business_days === null
      ? []
      : [{ version, prefix, asset: asset ?? undefined, businessDays: business_days }],
  )
  return { calendar: businessCalendar(calendar), terms }
}
