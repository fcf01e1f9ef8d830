import { dayOf, dueDay } from '../domain/business-days.ts'
import { type SettlementPolicy, type SettlementTerms, termsOf } from '../domain/settlement-terms.ts'
import type { JournalRecord } from './journal.ts'
import { columnOf, rowSource, type Statement } from './rows.ts'

/**
 * What these records make due and what they end: transactions are due by the terms of the accounts that they touch,
 * what is reversed need not settle any more. Corrections belong to their original. Nothing for ledgers without terms.
 */
export function saveDues(
  ledgerId: bigint,
  policy: SettlementPolicy | undefined,
  records: readonly JournalRecord[],
): Statement[] {
  if (policy === undefined) return []
  const booked = records.filter((record) => record.refusal === undefined)
  const dues = booked.flatMap((record) =>
    record.kind === 'transaction' || record.kind === 'settlement' ? duesOf(policy, record) : [],
  )
  const reversed = booked.flatMap(({ kind, subject }) =>
    kind === 'reversal' && subject !== undefined ? [subject] : [],
  )
  return [...insertDues(ledgerId, dues), ...closeReversed(ledgerId, reversed)]
}

interface Due {
  readonly seq: bigint
  readonly terms: SettlementTerms
  readonly day: number
  readonly beyondCalendar: boolean
}

/** One for each of the terms that the record's accounts are under, counted from the day on which it happened. */
function duesOf({ calendar, terms }: SettlementPolicy, record: JournalRecord): Due[] {
  const found = new Set<SettlementTerms>()
  for (const { debit, credit } of record.postings) {
    for (const { address, asset } of [debit, credit]) {
      const own = termsOf(terms, address, asset)
      if (own !== undefined) found.add(own)
    }
  }
  const from = dayOf(record.valueTime)
  return [...found].map((own) => ({
    seq: record.seq,
    terms: own,
    ...dueDay(calendar, from, own.businessDays),
  }))
}

function insertDues(ledgerId: bigint, dues: readonly Due[]): Statement[] {
  if (dues.length === 0) return []
  const values: unknown[] = [ledgerId]
  const rows = rowSource(
    [
      columnOf('seq', 'bigint', dues, (due) => due.seq),
      columnOf('terms', 'int', dues, (due) => due.terms.version),
      columnOf('prefix', 'text', dues, (due) => due.terms.prefix),
      columnOf('day', 'int', dues, (due) => due.day),
      columnOf('beyond', 'boolean', dues, (due) => String(due.beyondCalendar)),
    ],
    values,
  )
  return [
    {
      text: `INSERT INTO ledger.dues (ledger_id, seq, terms, prefix, due_day, beyond_calendar)
     SELECT $1, seq, terms, prefix, date '1970-01-01' + day, beyond FROM ${rows}`,
      values,
    },
  ]
}

function closeReversed(ledgerId: bigint, reversed: readonly string[]): Statement[] {
  if (reversed.length === 0) return []
  return [
    {
      text: `UPDATE ledger.dues d SET open = false FROM ledger.journal j
     WHERE j.id = ANY($2::uuid[]) AND d.ledger_id = $1 AND d.seq = j.seq AND j.ledger_id = $1 AND d.open`,
      values: [ledgerId, reversed],
    },
  ]
}
