import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { overlapOf } from '../domain/watches.ts'
import { safeguardEvent } from '../posting/safeguarding.ts'
import { LedgerName, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { addUpAndKeep } from '../store/watch-setup.ts'
import { type SafeguardRule, safeguardOf } from '../store/watches.ts'
import { Removed, SafeguardView, safeguardInput, safeguardView, WatchName } from '../watch-schemas.ts'
import { watchable } from './monitors.ts'
import { exponentOf, invalid, removeWatch, setWatch, unsigned } from './watch.ts'

export const setSafeguard = defineCommand({
  name: 'ledger.safeguard.set',
  summary: 'Watch that money held covers money owed',
  description:
    'For each asset, the balances of all accounts at or below `hold`, counted as debits, must reach those at or below `owe`, counted as credits. Of what is owed, an account below zero counts as zero: nobody’s money covers another’s overdraft. Judged in the transaction of each record that changes either side: the event ledger.safeguard.broken tells when more than the tolerance is missing, also when that is so from the start, and ledger.safeguard.restored when it is covered again. Nothing is refused. A safeguard of this name is replaced.',
  http: { method: 'PUT', path: '/v1/ledgers/{ledger}/safeguards/{safeguard}' },
  input: strict({ ledger: LedgerName, safeguard: WatchName, ...safeguardInput }),
  output: strict({ ...SafeguardView.properties, broken: Type.Array(Type.String()) }),
  permission: 'ledger.safeguard.set',
  refusals: [
    'ledger_not_found',
    'asset_unknown',
    'amount_too_many_decimals',
    'amount_out_of_range',
    'watch_invalid',
    'watches_exhausted',
  ],
  example: {
    after: watchable,
    input: { ledger: 'demo', safeguard: 'client-money', hold: ['bank:main'], owe: ['customers'] },
    refused: {
      watch_invalid: { ledger: 'demo', safeguard: 'own', hold: ['bank'], owe: ['bank:main'] },
      asset_unknown: {
        ledger: 'demo',
        safeguard: 'client-money',
        assets: ['NOPE'],
        hold: ['bank:main'],
        owe: ['customers'],
      },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { hold, owe, assets, tolerance = {} } = input
    const exponents = new Map<string, number>()
    for (const asset of new Set([...(assets ?? []), ...Object.keys(tolerance)]))
      exponents.set(asset, await exponentOf(unit.db, asset))
    for (const [asset, text] of Object.entries(tolerance))
      unsigned(asset, text, exponents.get(asset) ?? 0, 'A tolerance')
    const both = overlapOf(hold, owe)
    if (both !== undefined) throw invalid(`An account can’t be held and owed at once: ${both.join(' and ')}`)
    const outside = Object.keys(tolerance).find((asset) => assets?.includes(asset) === false)
    if (outside !== undefined)
      throw invalid(`The tolerance names ${outside}, which the safeguard does not watch`)
    const rule: SafeguardRule = { assets: assets ?? null, hold, owe, tolerance }
    const set = await setWatch(unit, ledger, 'safeguard', input.safeguard, rule)
    const safeguard = safeguardOf(set, (text, asset) =>
      unsigned(asset, text, exponents.get(asset) ?? 0, 'A tolerance'),
    )
    const sums = await addUpAndKeep(unit, ledger, safeguard)
    const broken = sums.filter(({ sum }) => sum.broken)
    for (const { sum, exponent } of broken)
      unit.emit(safeguardEvent(input.ledger, safeguard, sum, exponent, null))
    return { ...safeguardView(input.ledger, set), broken: broken.map(({ sum }) => sum.asset) }
  },
})

export const removeSafeguard = defineCommand({
  name: 'ledger.safeguard.remove',
  summary: 'Remove a safeguard',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/safeguards/{safeguard}/remove' },
  input: strict({ ledger: LedgerName, safeguard: WatchName }),
  output: Removed,
  permission: 'ledger.safeguard.remove',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: {
    after: ['ledger.safeguard.set'],
    input: { ledger: 'demo', safeguard: 'client-money' },
    refused: { watch_not_found: { ledger: 'demo', safeguard: 'client-money' } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const removedAt = await removeWatch(unit, ledger, 'safeguard', input.safeguard)
    return { ledger: input.ledger, name: input.safeguard, removed_at: removedAt.toISOString() }
  },
})
