import { defineList, defineQuery } from '@florin/kernel'
import { formatDecimal, parseDecimal } from '@florin/money'
import { Type } from 'typebox'
import { inForce } from '../commands/watch.ts'
import { LedgerName, strict } from '../schemas.ts'
import { findExponents } from '../store/assets.ts'
import { findLedger } from '../store/head.ts'
import { loadSums } from '../store/watch-states.ts'
import { findWatches } from '../store/watches.ts'
import { SafeguardAsset, SafeguardView, safeguardView, WatchName } from '../watch-schemas.ts'

const set = ['ledger.safeguard.set']

export const safeguardStatus = defineQuery({
  name: 'ledger.safeguard.status',
  summary: 'Show both sides of a safeguard, and since when it is broken or holds',
  description: 'As of the last record, from the sums that each posting keeps; `verify` adds them up anew.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/safeguards/{safeguard}' },
  input: strict({ ledger: LedgerName, safeguard: WatchName }),
  output: strict({
    ...SafeguardView.properties,
    ok: Type.Boolean({ description: 'Whether it is broken for no asset' }),
    sums: Type.Array(SafeguardAsset),
  }),
  permission: 'ledger.safeguard.status',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: { after: set, input: { ledger: 'demo', safeguard: 'client-money' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const safeguard = await inForce(view.db, ledger.id, 'safeguard', input.safeguard)
    const sums = await loadSums(view.db, [safeguard.id])
    const exponents = await findExponents(view.db, new Set(sums.map(({ asset }) => asset)))
    const shown = sums.map(({ asset, held, owed, broken, since, seq }) => {
      const exponent = exponents.get(asset) ?? 0
      const show = (minor: bigint): string => formatDecimal(minor, exponent)
      return {
        asset,
        held: show(held),
        owed: show(owed),
        difference: show(held - owed),
        tolerance: show(parseDecimal(safeguard.rule.tolerance[asset] ?? '0', exponent)),
        broken,
        since: new Date(since).toISOString(),
        seq: String(seq),
      }
    })
    return { ...safeguardView(input.ledger, safeguard), ok: !sums.some((sum) => sum.broken), sums: shown }
  },
})

export const listSafeguards = defineList({
  name: 'ledger.safeguard.list',
  summary: 'List the safeguards in force',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/safeguards' },
  input: strict({ ledger: LedgerName }),
  item: SafeguardView,
  permission: 'ledger.safeguard.list',
  refusals: ['ledger_not_found'],
  example: { after: set, input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const found = await findWatches(view.db, ledger.id, 'safeguard', {
      after: page.after?.[0],
      limit: page.fetch,
    })
    return { rows: found.map((each) => ({ item: safeguardView(input.ledger, each), key: [each.name] })) }
  },
})
