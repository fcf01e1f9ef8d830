import { Counter, Time, Uuid } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { type Period, periodStates } from '../domain/periods.ts'
import { Address, Day, LedgerName, PeriodName, strict } from '../schemas.ts'
import type { PeriodChange } from '../store/periods.ts'

const StateSchema = Type.Enum([...periodStates], {
  description:
    'open: anybody posts into it; soft: whoever has the permission ledger.period.post; hard: nobody',
})

const periodFields = {
  ledger: LedgerName,
  period: PeriodName,
  first_day: Day,
  last_day: Day,
  state: StateSchema,
}

export const PeriodView = strict(periodFields, { title: 'Period' })

const ChangeView = strict(
  {
    version: Type.Integer({ minimum: 1 }),
    state: StateSchema,
    seq: Counter,
    changed_at: Time,
    changed_by: Type.String(),
    reason: Type.Union([Type.String(), Type.Null()]),
    retained_earnings: Type.Union([Address, Type.Null()]),
    entries: Type.Array(Uuid, { description: 'The closing entries, or the entries that undo them' }),
    sha256: Type.Union([Type.String(), Type.Null()], {
      description: 'Of the trial balance that the closing stored',
    }),
  },
  { title: 'PeriodChange', description: 'A closing or a reopening' },
)

export const PeriodHistory = strict(
  { ...periodFields, history: Type.Array(ChangeView) },
  { title: 'PeriodHistory' },
)

export function periodView(ledger: string, period: Period): Static<typeof PeriodView> {
  const { name, firstDay, lastDay, state } = period
  return { ledger, period: name, first_day: firstDay, last_day: lastDay, state }
}

export function periodHistory(
  ledger: string,
  period: Period,
  changes: readonly PeriodChange[],
): Static<typeof PeriodHistory> {
  return {
    ...periodView(ledger, period),
    history: changes.map((change) => ({
      version: change.version,
      state: change.state,
      seq: String(change.seq),
      changed_at: new Date(change.changedAt).toISOString(),
      changed_by: change.changedBy,
      reason: change.reason ?? null,
      retained_earnings: change.retainedEarnings ?? null,
      entries: [...change.entries],
      sha256: change.sha256 ?? null,
    })),
  }
}
