import { Conditions, type Db } from '@florin/kernel'
import { loadPostings } from '../posting/recorded.ts'
import { bookedOf } from '../posting/views.ts'
import type { Transaction } from '../schemas.ts'
import { newestSettlement } from './settlements.ts'
import { type ShownRecordRow, shownRecord, shownRecordColumns } from './shown-record.ts'

export interface TransactionFilter {
  readonly id?: string | undefined
  readonly account?: string | undefined
  readonly kind?: string | undefined
  readonly reference?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly value_from?: string | undefined
  readonly value_to?: string | undefined
}

interface TransactionRow extends ShownRecordRow {
  reversed_by: string | null
  corrected_by: string[] | null
  settled_at: Date | null
  settlement_reference: string | null
}

/** A transaction with the links that were made to it later. */
export interface LinkedTransaction extends Transaction {
  readonly reversed_by: string | null
  readonly corrected_by: string[]
  readonly settled_at: string | null
  readonly settlement_reference: string | null
}

/** Booked transactions in booking order. */
export async function findTransactions(
  db: Db,
  ledger: { readonly id: bigint; readonly name: string },
  filter: TransactionFilter,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<LinkedTransaction[]> {
  const where = conditions(ledger.id, filter, page.after)
  const rows = await db.query<TransactionRow>(
    `SELECT ${shownRecordColumns},
       (SELECT r.id FROM ledger.journal r WHERE r.subject = j.id AND r.kind = 'reversal' AND r.refusal IS NULL) AS reversed_by,
       (SELECT array_agg(r.id ORDER BY r.seq) FROM ledger.journal r
        WHERE r.subject = j.id AND r.kind = 'correction' AND r.refusal IS NULL) AS corrected_by,
       s.settled_at, s.reference AS settlement_reference
     FROM ledger.journal j LEFT JOIN LATERAL (${newestSettlement}) s ON true ${where.sql} ORDER BY j.seq LIMIT ${where.value(page.limit)}`,
    where.values,
  )
  const postings = await loadPostings(
    db,
    rows.map((row) => row.id),
  )
  return rows.map((row) => linked(ledger.name, row, postings))
}

function conditions(ledgerId: bigint, filter: TransactionFilter, after: string | undefined): Conditions {
  const where = new Conditions(
    'j.refusal IS NULL',
    `j.kind IN ('transaction', 'settlement', 'reversal', 'correction', 'closing')`,
  )
  const ledger = where.value(ledgerId)
  where.also(`j.ledger_id = ${ledger}`)
  where.add(filter.id, (p) => `j.id = ${p}`)
  where.add(filter.kind, (p) => `j.kind = ${p}`)
  where.add(filter.reference, (p) => `j.reference = ${p}`)
  where.add(
    filter.metadata === undefined ? undefined : JSON.stringify(filter.metadata),
    (p) => `j.metadata @> ${p}::jsonb`,
  )
  where.add(filter.value_from, (p) => `j.value_time >= ${p}`)
  where.add(filter.value_to, (p) => `j.value_time < ${p}`)
  // Booking times rise with the sequence, so a span of time is a span of the primary key.
  where.add(
    filter.from,
    (p) => `j.seq > ledger.seq_at(${ledger}, ${p}::timestamptz - interval '1 microsecond')`,
  )
  where.add(
    filter.to,
    (p) => `j.seq <= ledger.seq_at(${ledger}, ${p}::timestamptz - interval '1 microsecond')`,
  )
  where.add(
    filter.account,
    (p) => `EXISTS (
    SELECT FROM ledger.accounts a JOIN LATERAL (
      SELECT seq FROM ledger.postings WHERE debit_account = a.id AND seq = j.seq
      UNION ALL SELECT seq FROM ledger.postings WHERE credit_account = a.id AND seq = j.seq) own ON true
    WHERE a.ledger_id = ${ledger} AND a.address = ${p})`,
  )
  where.add(after, (p) => `j.seq > ${p}`)
  return where
}

function linked(
  ledger: string,
  row: TransactionRow,
  postings: Awaited<ReturnType<typeof loadPostings>>,
): LinkedTransaction {
  const { transaction } = bookedOf(ledger, shownRecord(row), postings.get(row.id) ?? [], undefined)
  if (transaction === undefined) throw new Error(`The record ${row.id} is no transaction`)
  return {
    ...transaction,
    reversed_by: row.reversed_by,
    corrected_by: row.corrected_by ?? [],
    settled_at: row.settled_at?.toISOString() ?? null,
    settlement_reference: row.settlement_reference,
  }
}
