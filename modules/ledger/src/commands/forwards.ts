import { defineCommand, requestId, Time, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { bookDueForwards } from '../posting/due-forwards.ts'
import { forcePermission, journalCommand } from '../posting/journal-command.ts'
import { orderOf } from '../posting/order.ts'
import { forwardView } from '../posting/views.ts'
import { ForwardView, LedgerName, RecordStamp, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { detailedOrder } from './details.ts'
import { transactionFields, transactionRefusals } from './post-transaction.ts'

export const exampleForward = requestId('admin', 'ledger.forward.record', 'example-ledger.forward.record')
const funded = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']
const recorded = [...funded, 'ledger.forward.record']

/** What only the forward's own time can tell. */
const judgedWhenDue: readonly string[] = ['value_time_in_future', 'condition_failed', 'insufficient_funds']

export const recordForward = journalCommand({
  name: 'ledger.forward.record',
  summary: 'Record a transaction today that is booked when its value time has come',
  description:
    'Everything is judged now as ledger.transaction.post would, except for funds and conditions; nothing is moved or held. From its value time on it is booked before anything else is, by the policies and funds of that moment. If it is refused then, the refusal is recorded and the event ledger.forward.refused tells of it.',
  path: '/v1/ledgers/{ledger}/forwards',
  input: strict({ ledger: LedgerName, ...transactionFields, value_time: Time }),
  output: ForwardView,
  refusals: transactionRefusals.flatMap((code) => {
    if (code === 'value_time_in_future') return ['value_time_not_ahead']
    return judgedWhenDue.includes(code) ? [] : [code]
  }),
  example: {
    after: funded,
    input: {
      ledger: 'demo',
      value_time: '2099-01-01T00:00:00.000Z',
      postings: [{ debit: 'customers:42:wallet', credit: 'revenue:fees', amount: '9.90', asset: 'EUR' }],
      reference: 'subscription-2099-01',
    },
  },
  alsoNeeds: forcePermission,
  ledger: (input) => input.ledger,
  order: (call) =>
    detailedOrder(call, {
      kind: 'forward',
      due: Date.parse(call.input.value_time),
      postings: call.input.postings,
      lines: call.input.lines,
      conditions: call.input.conditions ?? [],
    }),
  answer: (booked) => forwardView(booked.stamp.ledger, booked.record, booked.postings),
})

export const cancelForward = journalCommand({
  name: 'ledger.forward.cancel',
  summary: 'Cancel a pending forward',
  description:
    'It will never be booked. What is due already has been booked or refused: reverse or correct the transaction then.',
  path: '/v1/ledgers/{ledger}/forwards/{forward}/cancel',
  input: strict({ ledger: LedgerName, forward: Uuid }),
  output: strict({ record: RecordStamp, forward: Uuid }),
  refusals: ['ledger_not_found', 'forward_not_found', 'forward_not_pending'],
  example: {
    after: recorded,
    input: { ledger: 'demo', forward: exampleForward },
    reason: 'The customer ended the subscription',
  },
  ledger: (input) => input.ledger,
  order: (call) => orderOf(call, { kind: 'cancellation', forward: call.input.forward }),
  answer: (booked) => ({ record: booked.stamp, forward: booked.record.subject ?? '' }),
})

/** Forwards that one call books, at most: whatever is left comes with the next one. */
const atOnce = 1_000

export const bookForwards = defineCommand({
  name: 'ledger.forward.book',
  summary: 'Book the forwards that are due',
  description: `The background role \`worker\` does this by itself, and so does whatever is booked on the ledger, beforehand. Books up to ${atOnce} in the order of their value times; \`more\` says whether others are due.`,
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/forwards/book' },
  input: strict({ ledger: LedgerName }),
  output: strict({ booked: Type.Integer(), refused: Type.Integer(), more: Type.Boolean() }),
  permission: 'ledger.forward.book',
  refusals: ['ledger_not_found'],
  example: { after: recorded, at: '2099-01-01T00:00:00.000Z', input: { ledger: 'demo' } },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { booked, refused } = await bookDueForwards(unit, ledger, atOnce)
    const more = ledger.forwardDue !== undefined && ledger.forwardDue <= ledger.bookedAt
    unit.changed({ subject: input.ledger, before: null, after: { booked, refused } })
    return { booked, refused, more }
  },
})
