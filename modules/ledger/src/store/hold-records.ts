import { Conditions, type Db } from '@florin/kernel'
import type { HoldStatus } from '../domain/book.ts'
import { holdState, holdView } from '../posting/views.ts'
import type { Hold, HoldStateView } from '../schemas.ts'
import { type ShownRecordRow, shownRecord, shownRecordColumns } from './shown-record.ts'

interface HoldRecordRow extends ShownRecordRow {
  debit: string
  credit: string
  asset: string
  exponent: number
  amount: bigint
  remaining: bigint
  settled: bigint
  status: HoldStatus
  expires_at: Date | null
}

const columns = `${shownRecordColumns}, d.address AS debit, c.address AS credit, d.asset, d.exponent, h.amount, h.remaining, h.settled,
  h.status, h.expires_at`

const joins = `ledger.holds h JOIN ledger.accounts d ON d.id = h.debit_account JOIN ledger.accounts c ON c.id = h.credit_account
  JOIN ledger.journal j ON j.ledger_id = h.ledger_id AND j.seq = h.seq`

export interface HoldFilter {
  readonly id?: string | undefined
  readonly account?: string | undefined
  readonly asset?: string | undefined
  readonly status?: HoldStatus | undefined
  readonly reference?: string | undefined
}

/** Holds in the order they were made, as they stand at `now`. */
export async function findHolds(
  db: Db,
  ledger: { readonly id: bigint; readonly name: string },
  filter: HoldFilter,
  now: number,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly hold: Hold; readonly seq: bigint }[]> {
  const where = new Conditions()
  where.add(ledger.id, (p) => `h.ledger_id = ${p}`)
  where.add(filter.id, (p) => `h.id = ${p}`)
  where.add(filter.account, (p) => `(d.address = ${p} OR c.address = ${p})`)
  where.add(filter.asset, (p) => `d.asset = ${p}`)
  where.add(filter.status, (p) => {
    const expired = `h.status = 'open' AND h.expires_at <= to_timestamp(${where.value(now)} / 1000.0)`
    return `(CASE WHEN ${expired} THEN 'expired' ELSE h.status END) = ${p}`
  })
  where.add(filter.reference, (p) => `j.reference = ${p}`)
  where.add(page.after, (p) => `h.seq > ${p}`)
  const rows = await db.query<HoldRecordRow>(
    `SELECT ${columns} FROM ${joins} ${where.sql} ORDER BY h.seq LIMIT ${where.value(page.limit)}`,
    where.values,
  )
  return rows.map((row) => ({ seq: row.seq, hold: recordOf(ledger.name, row, now) }))
}

/** Open holds that keep an outflow of an address, those that expire first in front. */
export async function openHoldsOf(
  db: Db,
  ledgerId: bigint,
  filter: { readonly address: string; readonly asset?: string | undefined },
  now: number,
  limit: number,
): Promise<HoldStateView[]> {
  const where = new Conditions(`h.status = 'open'`)
  where.add(now, (p) => `(h.expires_at IS NULL OR h.expires_at > to_timestamp(${p} / 1000.0))`)
  where.add(ledgerId, (p) => `a.ledger_id = ${p}`)
  where.add(filter.address, (p) => `a.address = ${p}`)
  where.add(filter.asset, (p) => `a.asset = ${p}`)
  const rows = await db.query<HoldRecordRow>(
    `SELECT ${columns} FROM ledger.accounts a
     JOIN LATERAL (
       SELECT id FROM ledger.holds WHERE debit_account = a.id AND status = 'open' AND a.type IN ('liability', 'equity', 'revenue')
       UNION ALL
       SELECT id FROM ledger.holds WHERE credit_account = a.id AND status = 'open' AND a.type IN ('asset', 'expense')) own ON true
     JOIN ledger.holds h ON h.id = own.id
     JOIN ledger.accounts d ON d.id = h.debit_account JOIN ledger.accounts c ON c.id = h.credit_account
     JOIN ledger.journal j ON j.ledger_id = h.ledger_id AND j.seq = h.seq
     ${where.sql} ORDER BY h.expires_at NULLS LAST, h.seq LIMIT ${where.value(limit)}`,
    where.values,
  )
  return rows.map((row) => stateOf(row, now))
}

function recordOf(ledger: string, row: HoldRecordRow, now: number): Hold {
  return holdView(ledger, shownRecord(row), stateOf(row, now))
}

/** From the instant of its expiry a hold is expired and holds nothing, whether or not that is recorded already. */
function stateOf(row: HoldRecordRow, now: number): HoldStateView {
  const expired = row.status === 'open' && row.expires_at !== null && row.expires_at.getTime() <= now
  return holdState({
    ...row,
    expiresAt: row.expires_at?.getTime(),
    status: expired ? 'expired' : row.status,
    remaining: expired ? 0n : row.remaining,
  })
}
