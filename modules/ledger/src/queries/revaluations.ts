import { defineList, defineQuery, integerKey, Uuid } from '@florin/kernel'
import { exampleRevaluation } from '../commands/revaluations.ts'
import { RevaluationView, revaluationView } from '../revaluation-view.ts'
import { LedgerName, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { findRevaluation, type RevaluationRow, revaluationColumns } from '../store/revaluations.ts'

export const getRevaluation = defineQuery({
  name: 'ledger.revaluation.get',
  summary: 'Show a revaluation: every position, its rate, its gain or loss',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/revaluations/{revaluation}' },
  input: strict({ ledger: LedgerName, revaluation: Uuid }),
  output: RevaluationView,
  permission: 'ledger.revaluation.get',
  refusals: ['ledger_not_found', 'revaluation_not_found'],
  example: {
    after: ['ledger.revaluation.post'],
    input: { ledger: 'demo', revaluation: exampleRevaluation },
  },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    return revaluationView(input.ledger, await findRevaluation(view.db, ledger.id, input.revaluation))
  },
})

export const listRevaluations = defineList({
  name: 'ledger.revaluation.list',
  summary: 'List revaluations, oldest first',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/revaluations' },
  input: strict({ ledger: LedgerName }),
  item: RevaluationView,
  permission: 'ledger.revaluation.list',
  refusals: ['ledger_not_found'],
  example: { after: ['ledger.revaluation.post'], input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const rows = await view.db.query<RevaluationRow>(
      `SELECT ${revaluationColumns} FROM ledger.revaluations r
       WHERE r.ledger_id = $1 AND r.number > $2 ORDER BY r.number LIMIT $3`,
      [ledger.id, integerKey(page, 0) ?? 0, page.fetch],
    )
    return {
      rows: rows.map((row) => ({ item: revaluationView(input.ledger, row), key: [String(row.number)] })),
    }
  },
})
