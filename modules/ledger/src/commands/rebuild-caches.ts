import { defineCommand, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import type { Difference, Mend } from '../rebuild/cache.ts'
import {
  CacheKey,
  CacheName,
  caches,
  DifferenceView,
  differencesOf,
  mostDifferences,
} from '../rebuild/caches.ts'
import { LedgerName, strict } from '../schemas.ts'
import { findLedger, lockLedger, policiesChanged } from '../store/head.ts'
import { scopeOf } from '../verification/scope.ts'

export const rebuildCaches = defineCommand({
  name: 'ledger.caches.rebuild',
  summary: 'Write anew what is kept of a ledger, from its records',
  description:
    'Balances, what is left of holds, and where the journal ends. Only what differs is written, and each change is in the audit trail with what was kept before. Postings go on: the ledger is locked only while what differs is counted again. Running totals within the records stay as they are.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/caches/rebuild' },
  input: strict({
    ledger: LedgerName,
    only: Type.Optional(
      Type.Array(strict({ cache: CacheName, key: CacheKey }), {
        maxItems: mostDifferences,
        description:
          'What ledger.caches.check found. Without it everything is counted, within one transaction, which holds back the outbox meanwhile',
      }),
    ),
  }),
  output: strict({
    ledger: LedgerName,
    mended: Type.Array(DifferenceView, { description: 'What was written, with what was kept before' }),
  }),
  permission: 'ledger.caches.rebuild',
  refusals: ['ledger_not_found', 'reason_required'],
  example: { after: ['ledger.open'], input: { ledger: 'demo' }, reason: 'A balance was overwritten by hand' },
  bodyLimit: 16 * 1024 * 1024,
  async run(unit, input) {
    const scope = scopeOf(await findLedger(unit, input.ledger))
    if (unit.context.reason === undefined)
      throw new Refusal('reason_required', 'Rebuilding caches needs a reason', {})
    const found = input.only ?? (await differencesOf(unit.db, scope))
    const mends: Mend[] = []
    for (const cache of caches) {
      const keys = found.filter((one) => one.cache === cache.name).map(({ key }) => key)
      if (keys.length > 0) mends.push(await cache.prepare(unit.db, scope, keys))
    }
    const ledger = await lockLedger(unit, input.ledger)
    const mended: Difference[] = []
    for (const mend of mends) mended.push(...(await mend(unit, ledger)))
    for (const { cache, subject, kept, counted } of mended)
      unit.changed({ subject: `${input.ledger} ${cache}: ${subject}`, before: kept, after: counted })
    if (mended.length > 0) {
      // Whatever a process keeps of this ledger in memory is read anew.
      await policiesChanged(unit, ledger)
      unit.emit({ type: 'ledger.caches.rebuilt', subject: input.ledger, data: { mended: mended.length } })
    }
    return { ledger: input.ledger, mended }
  },
})
