import { defineCommand, Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { calendarFault } from '../domain/business-days.ts'
import { Day, LedgerName, strict } from '../schemas.ts'
import { currentCalendar, insertCalendar } from '../store/calendars.ts'
import { lockLedger, policiesChanged } from '../store/head.ts'

const calendarFields = {
  ledger: LedgerName,
  valid_from: { ...Day, description: 'The first day that the calendar knows of, such as 2026-01-01' },
  valid_to: { ...Day, description: 'The last day that it knows of; after it only weekends are known' },
  weekend: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
    maxItems: 7,
    description: 'Days of the week without business; 1 is Monday, 7 is Sunday',
  }),
  holidays: Type.Array(
    strict({ day: Day, name: Type.String({ minLength: 1, maxLength: 100 }) }, { title: 'Holiday' }),
    {
      maxItems: 10_000,
    },
  ),
}

export const CalendarView = strict(
  { ...calendarFields, version: Type.Integer({ minimum: 1 }), set_at: Time, set_by: Type.String() },
  { title: 'Calendar' },
)

export const setCalendar = defineCommand({
  name: 'ledger.calendar.set',
  summary: 'Set a new version of the ledger’s business calendar',
  description:
    'Days are days in UTC. What was booked before stays due when it was due; the new version rules what is booked from now on.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/calendar' },
  input: strict(calendarFields),
  output: CalendarView,
  permission: 'ledger.calendar.set',
  refusals: ['ledger_not_found', 'calendar_invalid'],
  example: {
    after: ['ledger.open'],
    input: {
      ledger: 'demo',
      valid_from: '2026-01-01',
      valid_to: '2027-12-31',
      weekend: [6, 7],
      holidays: [
        { day: '2026-01-01', name: 'New Year’s Day' },
        { day: '2026-04-03', name: 'Good Friday' },
      ],
    },
    refused: {
      calendar_invalid: {
        ledger: 'demo',
        valid_from: '2026-01-01',
        valid_to: '2025-12-31',
        weekend: [6, 7],
        holidays: [],
      },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const fault = calendarFault(input)
    if (fault !== undefined) throw new Refusal('calendar_invalid', fault, {})
    const before = await currentCalendar(unit.db, ledger.id)
    const stamp = {
      version: (before?.version ?? 0) + 1,
      set_at: new Date(unit.clock.now()),
      set_by: unit.context.actor.id,
    }
    await insertCalendar(unit.db, ledger.id, { ...input, ...stamp })
    await policiesChanged(unit, ledger)
    unit.changed({
      subject: `${input.ledger} calendar`,
      before: before?.version ?? null,
      after: stamp.version,
    })
    return { ...input, ...stamp, set_at: stamp.set_at.toISOString() }
  },
})
