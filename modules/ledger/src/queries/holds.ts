import { defineList, defineQuery, integerKey, Refusal, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { exampleHold } from '../commands/holds.ts'
import { Address, AssetCode, HoldView, LedgerName, Reference, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import { findHolds } from '../store/hold-records.ts'

const held = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post', 'ledger.hold.reserve']

export const getHold = defineQuery({
  name: 'ledger.hold.get',
  summary: 'Show a hold as it stands',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/holds/{hold}' },
  input: strict({ ledger: LedgerName, hold: Uuid }),
  output: HoldView,
  permission: 'ledger.hold.get',
  refusals: ['ledger_not_found', 'hold_not_found'],
  example: { after: held, input: { ledger: 'demo', hold: exampleHold } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const [found] = await findHolds(view.db, ledger, { id: input.hold }, ledger.bookedAt, {
      after: undefined,
      limit: 1,
    })
    if (found === undefined)
      throw new Refusal('hold_not_found', `There is no hold ${input.hold} in this ledger`, {
        hold: input.hold,
      })
    return found.hold
  },
})

export const listHolds = defineList({
  name: 'ledger.hold.list',
  summary: 'List holds: what is held, where and why',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/holds' },
  input: strict({
    ledger: LedgerName,
    account: Type.Optional(Address),
    asset: Type.Optional(AssetCode),
    status: Type.Optional(HoldView.properties.status),
    reference: Type.Optional(Reference),
  }),
  item: HoldView,
  permission: 'ledger.hold.list',
  refusals: ['ledger_not_found'],
  example: { after: held, input: { ledger: 'demo', account: 'customers:42:wallet' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const { ledger: _name, ...filter } = input
    const found = await findHolds(view.db, ledger, filter, ledger.bookedAt, {
      after: integerKey(page, 0),
      limit: page.fetch,
    })
    return { rows: found.map(({ hold, seq }) => ({ item: hold, key: [String(seq)] })) }
  },
})
