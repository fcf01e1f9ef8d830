import { defineCommand } from '@florin/kernel'
import { addTemplates } from '@florin/ledger'
import { Type } from 'typebox'
import { exchangeTemplates } from '../domain/addresses.ts'
import { LedgerName, strict } from '../schemas.ts'

export const prepareLedger = defineCommand({
  name: 'exchange.ledger.prepare',
  summary: 'Add to a ledger’s chart of accounts what markets book on',
  description:
    'Templates that the chart has already stay as they are; where it has all of them, nothing changes. What is added: cash and instruments of trading accounts, positions, margin, clearing and fees.',
  http: { method: 'POST', path: '/v1/exchange/ledgers/{ledger}/prepare' },
  input: strict({ ledger: LedgerName }),
  output: strict(
    {
      ledger: LedgerName,
      chart_version: Type.Integer({ minimum: 1 }),
      added: Type.Array(Type.String(), { description: 'Addresses of the templates that were added' }),
    },
    { title: 'PreparedLedger' },
  ),
  permission: 'exchange.ledger.prepare',
  refusals: ['ledger_not_found', 'chart_invalid'],
  example: { after: ['ledger.open', 'ledger.chart.set'], input: { ledger: 'demo' } },
  async run(unit, { ledger }) {
    const { version, added } = await addTemplates(unit, ledger, exchangeTemplates)
    const view = { ledger, chart_version: version, added: added.map(({ address }) => address) }
    unit.changed({ subject: `${ledger} chart`, before: null, after: view })
    return view
  },
})
