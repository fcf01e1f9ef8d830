import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { undone } from '../domain/closing.ts'
import { checkReopening } from '../domain/periods.ts'
import { bookClosing, type ClosingEntry } from '../posting/closing.ts'
import { loadPostings } from '../posting/recorded.ts'
import { LedgerName, PeriodName, strict } from '../schemas.ts'
import { lockLedger, policiesChanged } from '../store/head.ts'
import { insertChange, loadChanges, loadPeriods, namedPeriod, type PeriodChange } from '../store/periods.ts'
import { PeriodHistory, periodHistory } from './period-views.ts'

export const reopenPeriod = defineCommand({
  name: 'ledger.period.reopen',
  summary: 'Open a closed period again',
  description:
    'Needs a reason. The closing entries are undone by entries of the same value time, and what was closed, with the trial balances reported then, stays on record. No later period may be closed hard.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/periods/{period}/reopen' },
  input: strict({ ledger: LedgerName, period: PeriodName }),
  output: PeriodHistory,
  permission: 'ledger.period.reopen',
  refusals: [
    'ledger_not_found',
    'reason_required',
    'period_not_found',
    'period_in_state',
    'period_out_of_order',
  ],
  example: {
    after: ['ledger.period.close'],
    reason: 'A supplier’s invoice came late',
    input: { ledger: 'demo', period: '2026-01' },
    refused: {
      period_in_state: { ledger: 'demo', period: '2026-01' },
      period_not_found: { ledger: 'demo', period: '2031-01' },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { reason } = unit.context
    if (reason === undefined)
      throw new Refusal('reason_required', 'Opening a closed period needs a reason', { period: input.period })
    const periods = await loadPeriods(unit.db, ledger.id)
    const period = namedPeriod(periods, input.period)
    checkReopening(periods, period)
    const changes = await loadChanges(unit.db, ledger.id, period.number)
    const seqBefore = ledger.seq
    const entries = await bookClosing(unit, ledger, period, await undoing(unit, changes))
    const change = {
      version: changes.length + 1,
      state: 'open' as const,
      seqBefore,
      seq: ledger.seq,
      changedAt: ledger.bookedAt,
      changedBy: unit.context.actor.id,
      reason,
      retainedEarnings: undefined,
      entries,
      sha256: undefined,
    }
    await insertChange(unit.db, ledger.id, period.number, { ...change, trialBalance: undefined })
    await policiesChanged(unit, ledger)
    unit.changed({
      subject: `${ledger.name} period ${period.name}`,
      before: { state: period.state },
      after: { state: 'open' },
    })
    unit.emit({
      type: 'ledger.period.reopened',
      subject: `${ledger.name}/${period.name}`,
      data: { ledger: ledger.name, period: period.name, reason },
    })
    return periodHistory(ledger.name, { ...period, state: 'open' }, [...changes, change])
  },
})

/** What undoes the closings since the period was open last. */
async function undoing(unit: Unit, changes: readonly PeriodChange[]): Promise<ClosingEntry[]> {
  const lastOpen = changes.findLastIndex((change) => change.state === 'open')
  const closings = changes.slice(lastOpen + 1).flatMap((change) => change.entries)
  const postings = await loadPostings(unit.db, closings)
  return closings.map((undoes) => ({
    undoes,
    postings: undone(
      (postings.get(undoes) ?? []).map(({ debit, credit, asset, exponent, amount }) => ({
        debit,
        credit,
        asset,
        amount: formatDecimal(amount, exponent),
      })),
    ),
  }))
}
