import { defineCommand, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { matchTemplate } from '../domain/chart.ts'
import { overdraftLimitOf, whyNotOpened } from '../posting/surroundings.ts'
import { AccountView, Address, AssetCode, LedgerName, Metadata, strict } from '../schemas.ts'
import { accountView, findAccount } from '../store/account-records.ts'
import { insertAccounts, loadAccounts } from '../store/accounts.ts'
import { findExponents } from '../store/assets.ts'
import { currentChart } from '../store/charts.ts'
import { lockLedger, nextAccountId, saveHead } from '../store/head.ts'
import { sendAll } from '../store/rows.ts'

export const openAccount = defineCommand({
  name: 'ledger.account.open',
  summary: 'Open an account under the chart of accounts',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/accounts' },
  input: strict({
    ledger: LedgerName,
    address: Address,
    asset: AssetCode,
    metadata: Type.Optional(Metadata),
  }),
  output: AccountView,
  permission: 'ledger.account.open',
  refusals: [
    'ledger_not_found',
    'asset_unknown',
    'chart_missing',
    'address_not_in_chart',
    'asset_not_allowed',
    'account_exists',
  ],
  example: {
    after: ['ledger.open', 'ledger.chart.set'],
    input: { ledger: 'demo', address: 'customers:42:savings', asset: 'EUR', metadata: { segment: 'retail' } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const exponent = (await findExponents(unit.db, [input.asset])).get(input.asset)
    if (exponent === undefined)
      throw new Refusal('asset_unknown', `The asset "${input.asset}" is not known`, { asset: input.asset })
    const chart = await currentChart(unit.db, ledger.id)
    if (chart === undefined)
      throw new Refusal('chart_missing', 'The ledger has no chart of accounts', { ledger: input.ledger })
    const template = matchTemplate(chart, input.address)
    if (template === undefined || template.assets?.includes(input.asset) === false) {
      throw whyNotOpened(chart, input.address, input.asset)
    }
    if ((await loadAccounts(unit.db, ledger.id, [input])).length > 0) {
      throw new Refusal('account_exists', `The account ${input.address} ${input.asset} is open already`, {
        account: input.address,
        asset: input.asset,
      })
    }
    const fresh = {
      id: nextAccountId(ledger),
      address: input.address,
      asset: input.asset,
      exponent,
      type: template.type,
      overdraftLimit: overdraftLimitOf(template.overdraft, input.asset, exponent),
      chartVersion: chart.version,
      metadata: input.metadata,
    }
    await sendAll(unit.db, [...insertAccounts(ledger.id, [fresh], ledger.bookedAt), saveHead(ledger)])
    const view = accountView(await findAccount(unit.db, ledger.id, input.address, input.asset))
    unit.changed({ subject: `${input.ledger}/${input.address} ${input.asset}`, before: null, after: view })
    return view
  },
})
