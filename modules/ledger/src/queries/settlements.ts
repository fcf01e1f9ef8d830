import {
  Counter,
  defineList,
  defineQuery,
  InvalidInput,
  integerKey,
  Refusal,
  Time,
  Uuid,
} from '@florin/kernel'
import { Type } from 'typebox'
import { exampleTransaction } from '../commands/amend-transaction.ts'
import { CalendarView } from '../commands/set-calendar.ts'
import { TermsView } from '../commands/set-settlement-terms.ts'
import { dayOf, formatDay } from '../domain/business-days.ts'
import { Day, Description, LedgerName, Prefix, Reference, strict } from '../schemas.ts'
import { currentCalendar, currentTerms } from '../store/calendars.ts'
import { findLedger } from '../store/head.ts'

export const getCalendar = defineQuery({
  name: 'ledger.calendar.get',
  summary: 'Show the business calendar in force',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/calendar' },
  input: strict({ ledger: LedgerName }),
  output: CalendarView,
  permission: 'ledger.calendar.get',
  refusals: ['ledger_not_found', 'calendar_missing'],
  example: { after: ['ledger.open', 'ledger.calendar.set'], input: { ledger: 'demo' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const calendar = await currentCalendar(view.db, ledger.id)
    if (calendar === undefined) throw new Refusal('calendar_missing', 'No calendar was ever set', {})
    const { valid_from, valid_to, weekend, holidays, version, set_at, set_by } = calendar
    return {
      ledger: input.ledger,
      valid_from,
      valid_to,
      weekend: [...weekend],
      holidays: [...holidays],
      version,
      set_at: set_at.toISOString(),
      set_by,
    }
  },
})

export const listSettlementTerms = defineQuery({
  name: 'ledger.settlement.terms.list',
  summary: 'Show the settlement terms in force, by prefix and asset',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/settlement-terms' },
  input: strict({ ledger: LedgerName }),
  output: strict({ terms: Type.Array(TermsView) }),
  permission: 'ledger.settlement.terms.list',
  refusals: ['ledger_not_found'],
  example: {
    after: ['ledger.open', 'ledger.calendar.set', 'ledger.settlement.terms.set'],
    input: { ledger: 'demo' },
  },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const terms = await currentTerms(view.db, ledger.id)
    return {
      terms: terms.map((one) => ({ ledger: input.ledger, ...one, set_at: one.set_at.toISOString() })),
    }
  },
})

const OverdueView = strict(
  {
    due_day: Day,
    days_overdue: Type.Integer({ description: 'Days of the calendar since then, weekends included' }),
    beyond_calendar: Type.Boolean({
      description: 'Counted over days of which the business calendar knew nothing but the weekends',
    }),
    prefix: { ...Prefix, description: 'Whose terms say so' },
    transaction: Uuid,
    seq: Counter,
    booked_at: Time,
    value_time: Time,
    reference: Type.Union([Reference, Type.Null()]),
    description: Type.Union([Description, Type.Null()]),
  },
  { title: 'Overdue' },
)

interface OverdueRow {
  due_day: string
  days_overdue: number
  beyond_calendar: boolean
  prefix: string
  terms: number
  transaction: string
  seq: bigint
  booked_at: Date
  value_time: Date
  reference: string | null
  description: string | null
}

export const listOverdue = defineList({
  name: 'ledger.settlement.overdue',
  summary: 'List what is booked under settlement terms, due before a day, and not settled, the oldest first',
  description:
    'By what is known now: what has settled by now is not listed, whatever the day. A transaction whose accounts are under several terms is listed for each. What was reversed need not settle.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/settlements/overdue' },
  input: strict({
    ledger: LedgerName,
    day: Type.Optional({ ...Day, description: 'Due before this day; today (UTC) if absent' }),
    prefix: Type.Optional({ ...Prefix, description: 'Only by the terms of exactly this prefix' }),
  }),
  item: OverdueView,
  permission: 'ledger.settlement.overdue',
  refusals: ['ledger_not_found'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.calendar.set', 'ledger.settlement.terms.set'],
    input: { ledger: 'demo', day: '2026-03-01' },
  },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const day = input.day ?? formatDay(dayOf(view.clock.now()))
    const after =
      page.after === undefined ? undefined : [dayKey(page.after[0]), integerKey(page, 1), integerKey(page, 2)]
    // By dues_open or dues_open_by_prefix: only what is open, in this order.
    const rows = await view.db.query<OverdueRow>(
      `SELECT to_char(d.due_day, 'YYYY-MM-DD') AS due_day, $2::date - d.due_day AS days_overdue, d.beyond_calendar,
         d.prefix, d.terms, j.id AS transaction, d.seq, j.booked_at, j.value_time, j.reference, j.description
       FROM ledger.dues d JOIN ledger.journal j ON j.ledger_id = d.ledger_id AND j.seq = d.seq
       WHERE d.ledger_id = $1 AND d.open AND d.due_day < $2::date ${input.prefix === undefined ? 'AND $3::text IS NULL' : 'AND d.prefix = $3'}
         AND (d.due_day, d.seq, d.terms) > ($4::date, $5::bigint, $6::bigint)
       ORDER BY d.due_day, d.seq, d.terms LIMIT $7`,
      [ledger.id, day, input.prefix ?? null, ...(after ?? ['-infinity', 0, 0]), page.fetch],
    )
    return {
      rows: rows.map(({ terms, ...row }) => ({
        key: [row.due_day, String(row.seq), String(terms)],
        item: {
          ...row,
          seq: String(row.seq),
          booked_at: row.booked_at.toISOString(),
          value_time: row.value_time.toISOString(),
        },
      })),
    }
  },
})

function dayKey(text = ''): string {
  // A due day may lie in the year 10000, which ISO 8601 writes with a sign.
  const iso = text.length === 11 ? `+0${text}` : text
  if (/^(?!0000)\d{4,5}-\d{2}-\d{2}$/.test(text) && isDay(iso)) return text
  throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
}

/** Whether there is such a day; the 30th of February is read as one of March. */
function isDay(iso: string): boolean {
  const date = new Date(`${iso}T00:00:00.000Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso)
}

const SettlementView = strict(
  {
    transaction: Uuid,
    version: Type.Integer(),
    settled_at: Time,
    reference: Reference,
    reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it replaced the one before' }),
    recorded_at: Time,
    recorded_by: Type.String(),
  },
  { title: 'SettlementRecord' },
)

export const listSettlements = defineList({
  name: 'ledger.settlement.list',
  summary: 'List everything that was recorded about a transaction’s settlement; the last one counts',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/transactions/{transaction}/settlements' },
  input: strict({ ledger: LedgerName, transaction: Uuid }),
  item: SettlementView,
  permission: 'ledger.settlement.list',
  refusals: ['ledger_not_found', 'transaction_not_found'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post', 'ledger.transaction.settle'],
    input: { ledger: 'demo', transaction: exampleTransaction },
  },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const [found] = await view.db.query<{ seq: bigint }>(
      'SELECT seq FROM ledger.journal WHERE id = $1 AND ledger_id = $2 AND refusal IS NULL',
      [input.transaction, ledger.id],
    )
    if (found === undefined) {
      throw new Refusal(
        'transaction_not_found',
        `There is no transaction ${input.transaction} in this ledger`,
        {
          transaction: input.transaction,
        },
      )
    }
    const rows = await view.db.query<{
      version: number
      settled_at: Date
      reference: string
      reason: string | null
      recorded_at: Date
      recorded_by: string
    }>(
      `SELECT version, settled_at, reference, reason, recorded_at, recorded_by FROM ledger.settlements
       WHERE ledger_id = $1 AND seq = $2 AND version > $3::int ORDER BY version LIMIT $4`,
      [ledger.id, found.seq, versionKey(integerKey(page, 0)), page.fetch],
    )
    return {
      rows: rows.map((row) => ({
        key: [String(row.version)],
        item: {
          transaction: input.transaction,
          ...row,
          settled_at: row.settled_at.toISOString(),
          recorded_at: row.recorded_at.toISOString(),
        },
      })),
    }
  },
})

/** A forged cursor may say more than a version can be. */
function versionKey(key: string | undefined): number {
  return Math.min(Number(key ?? 0), 2_147_483_647)
}
