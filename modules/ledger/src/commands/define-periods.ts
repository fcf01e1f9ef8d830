import { defineCommand, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { calendarFault, type Period } from '../domain/periods.ts'
import { Day, LedgerName, PeriodName, strict } from '../schemas.ts'
import { lockLedger, policiesChanged } from '../store/head.ts'
import { insertPeriods, loadPeriods } from '../store/periods.ts'
import { PeriodView, periodView } from './period-views.ts'

export const definePeriods = defineCommand({
  name: 'ledger.period.define',
  summary: 'Append periods to the calendar of a ledger',
  description:
    'Days are UTC days, and a period covers every value time from the start of its first day to the end of its last. The first period may begin anywhere; each further one begins on the day after the one before it ends. Periods are open, and are never changed or removed.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/periods' },
  input: strict({
    ledger: LedgerName,
    periods: Type.Array(strict({ name: PeriodName, first_day: Day, last_day: Day }), {
      minItems: 1,
      maxItems: 1_000,
      description: 'In the order of time',
    }),
  }),
  output: strict({ ledger: LedgerName, periods: Type.Array(PeriodView) }),
  permission: 'ledger.period.define',
  refusals: ['ledger_not_found', 'period_exists', 'periods_invalid'],
  example: {
    after: ['ledger.open'],
    input: {
      ledger: 'demo',
      periods: [
        { name: '2026-01', first_day: '2026-01-01', last_day: '2026-01-31' },
        { name: '2026-02', first_day: '2026-02-01', last_day: '2026-02-28' },
      ],
    },
    refused: {
      period_exists: {
        ledger: 'demo',
        periods: [{ name: '2026-02', first_day: '2026-03-01', last_day: '2026-03-31' }],
      },
      periods_invalid: {
        ledger: 'demo',
        periods: [{ name: '2026-03', first_day: '2026-03-02', last_day: '2026-03-31' }],
      },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const known = await loadPeriods(unit.db, ledger.id)
    const asked = input.periods.map(
      (period, i): Period => ({
        number: known.length + i + 1,
        name: period.name,
        firstDay: period.first_day,
        lastDay: period.last_day,
        state: 'open',
      }),
    )
    checkNames(known, asked)
    const fault = calendarFault(known.at(-1), asked)
    if (fault !== undefined) throw new Refusal('periods_invalid', fault, {})
    await insertPeriods(unit.db, ledger.id, asked, unit.context.actor.id, unit.clock.now())
    await policiesChanged(unit, ledger)
    unit.changed({
      subject: `${input.ledger} periods`,
      before: known.at(-1)?.name ?? null,
      after: asked.at(-1)?.name ?? null,
    })
    return { ledger: input.ledger, periods: asked.map((period) => periodView(input.ledger, period)) }
  },
})

/** @throws Refusal `period_exists` */
function checkNames(known: readonly Period[], asked: readonly Period[]): void {
  const taken = new Set(known.map((period) => period.name))
  for (const { name } of asked) {
    if (taken.has(name)) throw new Refusal('period_exists', `There is a period "${name}"`, { period: name })
    taken.add(name)
  }
}
