import type { Effects } from '../domain/book.ts'
import { Column, columnOf, instant, rowSource, type Statement } from './rows.ts'

export type RecordKind =
  | 'transaction'
  | 'hold'
  | 'settlement'
  | 'release'
  | 'expiry'
  | 'reversal'
  | 'correction'
  | 'closing'
  | 'forward'
  | 'cancellation'

/** One record of the journal as it is written. Times in epoch milliseconds. */
/** A record of the journal, with what it did. Times in epoch milliseconds. */
export interface JournalRecord extends Effects {
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
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', records, (r) => r.seq),
      columnOf('id', 'uuid', records, (r) => r.id),
      columnOf('kind', 'text', records, (r) => r.kind),
      columnOf('value_time', 'timestamptz', records, (r) => instant(r.valueTime)),
      columnOf('actor', 'text', records, (r) => r.actor),
      columnOf('key', 'text', records, (r) => r.idempotencyKey),
      columnOf('hash', 'text', records, (r) => r.payloadHash.toString('hex')),
      columnOf('request_id', 'text', records, (r) => r.requestId),
      columnOf('source_ip', 'text', records, (r) => r.sourceIp),
      columnOf('reason', 'text', records, (r) => r.reason),
      columnOf('forced', 'boolean', records, (r) => (r.forced ? 'true' : 'false')),
      columnOf('reference', 'text', records, (r) => r.reference),
      columnOf('description', 'text', records, (r) => r.description),
      columnOf('metadata', 'jsonb', records, (r) => json(r.metadata)),
      columnOf('subject', 'uuid', records, (r) => r.subject),
      columnOf('refusal', 'jsonb', records, (r) => json(r.refusal)),
      columnOf('request', 'jsonb', records, (r) => json(r.request)),
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
  const seq = new Column('seq', 'bigint')
  const line = new Column('line', 'int')
  const debit = new Column('debit', 'bigint')
  const credit = new Column('credit', 'bigint')
  const amount = new Column('amount', 'numeric')
  const valueTime = new Column('value_time', 'timestamptz')
  const debitDebits = new Column('dd', 'numeric')
  const debitCredits = new Column('dc', 'numeric')
  const creditDebits = new Column('cd', 'numeric')
  const creditCredits = new Column('cc', 'numeric')
  let count = 0
  for (const record of records) {
    let number = 0
    for (const posting of record.postings) {
      seq.add(record.seq)
      line.add(number++)
      debit.add(posting.debit.id)
      credit.add(posting.credit.id)
      amount.add(posting.amount)
      valueTime.add(instant(record.valueTime))
      debitDebits.add(posting.debitDebits)
      debitCredits.add(posting.debitCredits)
      creditDebits.add(posting.creditDebits)
      creditCredits.add(posting.creditCredits)
    }
    count += number
  }
  if (count === 0) return []
  const rows = rowSource(
    [seq, line, debit, credit, amount, valueTime, debitDebits, debitCredits, creditDebits, creditCredits],
    given,
  )
  return [
    `INSERT INTO ledger.postings (ledger_id, seq, line, debit_account, credit_account, amount, value_time, booked_at,
       debit_debits, debit_credits, credit_debits, credit_credits)
     SELECT $1, seq, line, debit, credit, amount, value_time, $2, dd, dc, cd, cc FROM ${rows}`,
  ]
}

function insertReservations(records: readonly JournalRecord[], given: unknown[]): string[] {
  const changes = records.flatMap(({ seq, reservations }) =>
    reservations.map((reservation, line) => ({ ...reservation, seq, line })),
  )
  if (changes.length === 0) return []
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', changes, (c) => c.seq),
      columnOf('line', 'int', changes, (c) => c.line),
      columnOf('hold', 'uuid', changes, (c) => c.hold.id),
      columnOf('debit', 'bigint', changes, (c) => c.hold.debit.id),
      columnOf('credit', 'bigint', changes, (c) => c.hold.credit.id),
      columnOf('delta', 'numeric', changes, (c) => c.delta),
      columnOf('dp', 'numeric', changes, (c) => c.debitPending),
      columnOf('cp', 'numeric', changes, (c) => c.creditPending),
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
