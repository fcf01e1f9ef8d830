import { defineQuery } from '@florin/kernel'
import { Type } from 'typebox'
import { caches, DifferenceView, differencesOf } from '../rebuild/caches.ts'
import { LedgerName, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { scopeOf } from '../verification/scope.ts'

export const checkCaches = defineQuery({
  name: 'ledger.caches.check',
  summary: 'Compare what is kept of a ledger with its records',
  description:
    'Counts all postings anew, without any lock. What differs can be given to ledger.caches.rebuild as it stands.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/caches' },
  input: strict({ ledger: LedgerName }),
  output: strict({
    ledger: LedgerName,
    caches: Type.Array(Type.String()),
    differences: Type.Array(DifferenceView),
  }),
  permission: 'ledger.caches.check',
  refusals: ['ledger_not_found'],
  example: { after: ['ledger.open'], input: { ledger: 'demo' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const differences = await differencesOf(view.db, scopeOf(ledger))
    return { ledger: input.ledger, caches: caches.map(({ name }) => name), differences }
  },
})
