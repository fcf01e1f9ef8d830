import {
  defineList,
  defineQuery,
  InvalidInput,
  integerKey,
  type Page,
  Refusal,
  Time,
  Uuid,
} from '@florin/kernel'
import { Type } from 'typebox'
import { exampleForward } from '../commands/forwards.ts'
import { Address, ForwardView, LedgerName, strict } from '../schemas.ts'
import { type ForwardPlace, findForwards } from '../store/forward-records.ts'
import { findLedger } from '../store/head.ts'

const recorded = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post', 'ledger.forward.record']

export const getForward = defineQuery({
  name: 'ledger.forward.get',
  summary: 'Show a forward and what became of it',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/forwards/{forward}' },
  input: strict({ ledger: LedgerName, forward: Uuid }),
  output: ForwardView,
  permission: 'ledger.forward.get',
  refusals: ['ledger_not_found', 'forward_not_found'],
  example: { after: recorded, input: { ledger: 'demo', forward: exampleForward } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const page = { after: undefined, limit: 1 }
    const [found] = await findForwards(view.db, ledger, { id: input.forward }, page)
    if (found === undefined)
      throw new Refusal('forward_not_found', `There is no forward ${input.forward} in this ledger`, {
        forward: input.forward,
      })
    return found.forward
  },
})

export const listForwards = defineList({
  name: 'ledger.forward.list',
  summary: 'List forwards by status, account or due time, those that are due first in front',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/forwards' },
  input: strict({
    ledger: LedgerName,
    account: Type.Optional(Address),
    status: Type.Optional(ForwardView.properties.status),
    due_from: Type.Optional(Time),
    due_to: Type.Optional(Time),
  }),
  item: ForwardView,
  permission: 'ledger.forward.list',
  refusals: ['ledger_not_found'],
  example: { after: recorded, input: { ledger: 'demo', status: 'pending', account: 'customers:42:wallet' } },
  async page(view, input, page) {
    const ledger = await findLedger(view, input.ledger)
    const { ledger: _name, ...filter } = input
    const found = await findForwards(view.db, ledger, filter, { after: placeOf(page), limit: page.fetch })
    return {
      rows: found.map(({ forward, place }) => ({
        item: forward,
        key: [String(place.due), String(place.seq)],
      })),
    }
  },
})

function placeOf(page: Page): ForwardPlace | undefined {
  const due = integerKey(page, 0)
  const seq = integerKey(page, 1)
  if (due === undefined || seq === undefined) return undefined
  if (Number.isNaN(new Date(Number(due)).getTime()))
    throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
  return { due: Number(due), seq: BigInt(seq) }
}
