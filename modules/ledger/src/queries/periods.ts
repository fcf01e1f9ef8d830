import { defineList, defineQuery, integerKey, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { PeriodHistory, PeriodView, periodHistory, periodView } from '../commands/period-views.ts'
import { LedgerName, PeriodName, strict } from '../schemas.ts'
import { recomputeClosing } from '../store/closings.ts'
import { findLedger } from '../store/head.ts'
import { loadChanges, loadPeriods, namedPeriod } from '../store/periods.ts'

export const listPeriods = defineList({
  name: 'ledger.period.list',
  summary: 'List the periods of a ledger, the first one first',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/periods' },
  input: strict({ ledger: LedgerName, state: Type.Optional(PeriodView.properties.state) }),
  item: PeriodView,
  permission: 'ledger.period.list',
  refusals: ['ledger_not_found'],
  example: { after: ['ledger.period.define'], input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const after = Number(integerKey(page, 0) ?? 0)
    const periods = await loadPeriods(view.db, ledger.id)
    return {
      rows: periods
        .filter(({ number, state }) => number > after && (input.state ?? state) === state)
        .slice(0, page.fetch)
        .map((period) => ({ key: [String(period.number)], item: periodView(ledger.name, period) })),
    }
  },
})

export const getPeriod = defineQuery({
  name: 'ledger.period.get',
  summary: 'Show a period with its closings and reopenings',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/periods/{period}' },
  input: strict({ ledger: LedgerName, period: PeriodName }),
  output: PeriodHistory,
  permission: 'ledger.period.get',
  refusals: ['ledger_not_found', 'period_not_found'],
  example: { after: ['ledger.period.close'], input: { ledger: 'demo', period: '2026-01' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const period = namedPeriod(await loadPeriods(view.db, ledger.id), input.period)
    return periodHistory(ledger.name, period, await loadChanges(view.db, ledger.id, period.number))
  },
})

export const verifyPeriod = defineQuery({
  name: 'ledger.period.verify',
  summary: 'Recompute what the closing of a period reported',
  description:
    'Makes the trial balance of a closing anew from the postings that the journal had then, and compares its SHA-256 with the stored one. `trial_balance` is the stored text, byte for byte: its SHA-256 can be taken with any tool.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/periods/{period}/verification' },
  input: strict({
    ledger: LedgerName,
    period: PeriodName,
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Of the period’s history; the last closing if absent',
      }),
    ),
  }),
  output: strict({
    ledger: LedgerName,
    period: PeriodName,
    version: Type.Integer(),
    reproducible: Type.Boolean(),
    sha256: Type.String(),
    recomputed_sha256: Type.String(),
    trial_balance: Type.String({ description: 'Canonical JSON (RFC 8785)' }),
  }),
  permission: 'ledger.period.verify',
  refusals: ['ledger_not_found', 'period_not_found', 'period_not_closed'],
  example: { after: ['ledger.period.close'], input: { ledger: 'demo', period: '2026-01' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const period = namedPeriod(await loadPeriods(view.db, ledger.id), input.period)
    const changes = await loadChanges(view.db, ledger.id, period.number)
    const version = input.version ?? changes.findLast((change) => change.state !== 'open')?.version
    const found = version === undefined ? undefined : await recomputeClosing(view.db, ledger, period, version)
    if (version === undefined || found === undefined) {
      throw new Refusal('period_not_closed', `The period "${period.name}" has no such closing`, {
        period: period.name,
      })
    }
    return {
      ledger: ledger.name,
      period: period.name,
      version,
      reproducible: found.storedSha256 === found.textSha256 && found.storedSha256 === found.recomputedSha256,
      sha256: found.storedSha256,
      recomputed_sha256: found.recomputedSha256,
      trial_balance: found.text,
    }
  },
})
