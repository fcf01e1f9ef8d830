import { defineList, defineQuery, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { limitUses } from '../posting/apply.ts'
import { limitShown } from '../posting/limiting.ts'
import { Address, AssetCode, LedgerName, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { findWatches } from '../store/watches.ts'
import { LimitUsageView, LimitView, limitView } from '../watch-schemas.ts'

const set = ['ledger.limit.set']

export const listLimits = defineList({
  name: 'ledger.limit.list',
  summary: 'List the limits in force',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/limits' },
  input: strict({ ledger: LedgerName }),
  item: LimitView,
  permission: 'ledger.limit.list',
  refusals: ['ledger_not_found'],
  example: { after: set, input: { ledger: 'demo' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const found = await findWatches(view.db, ledger.id, 'limit', {
      after: page.after?.[0],
      limit: page.fetch,
    })
    return { rows: found.map((each) => ({ item: limitView(input.ledger, each), key: [each.name] })) }
  },
})

export const limitUsage = defineQuery({
  name: 'ledger.limit.usage',
  summary: 'Show what an account has used of its limits and what is left',
  description: 'As a posting would be judged now: holds that have expired count as given back.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/accounts/{address}/limits' },
  input: strict({ ledger: LedgerName, address: Address, asset: AssetCode }),
  output: strict({ ledger: LedgerName, limits: Type.Array(LimitUsageView) }),
  permission: 'ledger.limit.usage',
  refusals: ['ledger_not_found', 'account_not_found'],
  example: { after: set, input: { ledger: 'demo', address: 'customers:42:wallet', asset: 'EUR' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const { address, asset } = input
    const found = await limitUses(view, ledger, { address, asset })
    if (found === undefined)
      throw new Refusal('account_not_found', `There is no account ${address} ${asset}`, {
        account: address,
        asset,
      })
    const { account, uses } = found
    return { ledger: input.ledger, limits: uses.map(({ limit, use }) => limitShown(limit, account, use)) }
  },
})
