import type { BookPosting, BookReservation } from '../domain/book.ts'
import { type Column, instant, rowSource, type Statement } from './rows.ts'

export type RecordKind =
  | 'transaction'
  | 'hold'
  | 'settlement'
  | 'release'
  | 'expiry'
  | 'reversal'
  | 'correction'
  | 'closing'

/** One record of the journal as it is written. Times in epoch milliseconds. */
export interface JournalRecord {
  readonly seq: bigint
  readonly id: string
  readonly kind: RecordKind
  readonly bookedAt: number
  readonly valueTime: number
  readonly actor: string
  readonly idempotencyKey: string
  readonly payloadHash: Buffer
  readonly requestId: string
  readonly sourceIp: string | undefined
  readonly reason: string | undefined
  readonly forced: boolean
  readonly reference: string | undefined
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly subject: string | undefined
  readonly refusal: unknown
  readonly request: unknown
  readonly postings: readonly BookPosting[]
  readonly reservations: readonly BookReservation[]
}

/**
 * The statement that appends records with their postings and reservations. It is one, so that the server has all of
 * the work at hand while the next records are worked out here.
 */
export function appendJournal(
  ledgerId: bigint,
  bookedAt: number,
  records: readonly JournalRecord[],
): Statement[] {
  if (records.length === 0) return []
  const given: unknown[] = [ledgerId, instant(bookedAt)]
  const inserts = [
    insertRecords(records, given),
    ...insertPostings(records, given),
    ...insertReservations(records, given),
  ]
  const [last = '', ...others] = inserts.reverse()
  const first = others.map((insert, i) => `inserted${i} AS (${insert})`)
  const text = first.length === 0 ? last : `WITH ${first.join(',\n')} ${last}`
  return [{ text, values: given }]
}

/** $1 is the ledger, $2 the booking time; the values of further parameters are added to `given`. */
function insertRecords(records: readonly JournalRecord[], given: unknown[]): string {
  const column = (
    name: string,
    type: string,
    value: (record: JournalRecord) => Column['values'][number],
  ) => ({
    name,
    type,
    values: records.map(value),
  })
  const rows = rowSource(
    [
      column('seq', 'bigint', (r) => r.seq),
      column('id', 'uuid', (r) => r.id),
      column('kind', 'text', (r) => r.kind),
      column('value_time', 'timestamptz', (r) => instant(r.valueTime)),
      column('actor', 'text', (r) => r.actor),
      column('key', 'text', (r) => r.idempotencyKey),
      column('hash', 'text', (r) => r.payloadHash.toString('hex')),
      column('request_id', 'text', (r) => r.requestId),
      column('source_ip', 'text', (r) => r.sourceIp),
      column('reason', 'text', (r) => r.reason),
      column('forced', 'boolean', (r) => String(r.forced)),
      column('reference', 'text', (r) => r.reference),
      column('description', 'text', (r) => r.description),
      column('metadata', 'jsonb', (r) => json(r.metadata)),
      column('subject', 'uuid', (r) => r.subject),
      column('refusal', 'jsonb', (r) => json(r.refusal)),
      column('request', 'jsonb', (r) => json(r.request)),
    ],
    given,
  )
  return `INSERT INTO ledger.journal (ledger_id, seq, id, kind, booked_at, value_time, actor, idempotency_key, payload_hash,
       request_id, source_ip, reason, forced, reference, description, metadata, subject, refusal, request)
     SELECT $1, seq, id, kind, $2, value_time, actor, key, decode(hash, 'hex'),
       request_id, source_ip, reason, forced, reference, description, metadata, subject, refusal, request
     FROM ${rows}`
}

function insertPostings(records: readonly JournalRecord[], given: unknown[]): string[] {
  const postings = records.flatMap((record) => record.postings)
  if (postings.length === 0) return []
  const rows = rowSource(
    [
      { name: 'seq', type: 'bigint', values: records.flatMap((r) => r.postings.map(() => r.seq)) },
      { name: 'line', type: 'int', values: records.flatMap((r) => r.postings.map((_, line) => line)) },
      { name: 'debit', type: 'bigint', values: postings.map((p) => p.debit.id) },
      { name: 'credit', type: 'bigint', values: postings.map((p) => p.credit.id) },
      { name: 'amount', type: 'numeric', values: postings.map((p) => p.amount) },
      {
        name: 'value_time',
        type: 'timestamptz',
        values: records.flatMap((r) => r.postings.map(() => instant(r.valueTime))),
      },
      { name: 'dd', type: 'numeric', values: postings.map((p) => p.debit.postedDebits) },
      { name: 'dc', type: 'numeric', values: postings.map((p) => p.debit.postedCredits) },
      { name: 'cd', type: 'numeric', values: postings.map((p) => p.credit.postedDebits) },
      { name: 'cc', type: 'numeric', values: postings.map((p) => p.credit.postedCredits) },
    ],
    given,
  )
  return [
    `INSERT INTO ledger.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
       debit_debits, debit_credits, credit_debits, credit_credits)
     SELECT $1, seq, line, debit, credit, amount, value_time, $2, dd, dc, cd, cc FROM ${rows}`,
  ]
}

function insertReservations(records: readonly JournalRecord[], given: unknown[]): string[] {
  const changes = records.flatMap((record) => record.reservations)
  if (changes.length === 0) return []
  const rows = rowSource(
    [
      { name: 'seq', type: 'bigint', values: records.flatMap((r) => r.reservations.map(() => r.seq)) },
      { name: 'line', type: 'int', values: records.flatMap((r) => r.reservations.map((_, line) => line)) },
      { name: 'hold', type: 'uuid', values: changes.map((c) => c.hold.id) },
      { name: 'debit', type: 'bigint', values: changes.map((c) => c.debit.id) },
      { name: 'credit', type: 'bigint', values: changes.map((c) => c.credit.id) },
      { name: 'delta', type: 'numeric', values: changes.map((c) => c.delta) },
      { name: 'dp', type: 'numeric', values: changes.map((c) => c.debit.pendingDebits) },
      { name: 'cp', type: 'numeric', values: changes.map((c) => c.credit.pendingCredits) },
    ],
    given,
  )
  return [
    `INSERT INTO ledger.reservations (ledger_id, seq, line, hold_id, debit_account, credit_account, delta, debit_pending, credit_pending)
     SELECT $1, seq, line, hold, debit, credit, delta, dp, cp FROM ${rows}`,
  ]
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
