import { requestId, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { amountRefusals, placeRefusals, postingRefusals } from '../domain/precedence.ts'
import { forcePermission, journalCommand } from '../posting/journal-command.ts'
import { partId } from '../posting/order.ts'
import { details, force, LedgerName, LinesInput, PostingsInput, strict, TransactionView } from '../schemas.ts'
import { detailedOrder } from './details.ts'
import { bookedTransaction } from './post-transaction.ts'

export const exampleTransaction = requestId(
  'admin',
  'ledger.transaction.post',
  'example-ledger.transaction.post',
)
const batchItem = partId(
  'admin',
  `${requestId('admin', 'ledger.transaction.batch', 'example-ledger.transaction.batch')}/0`,
)
const posted = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']
const amendable = [
  'ledger_not_found',
  'reason_required',
  'value_time_in_future',
  'period_closed',
  'transaction_not_found',
  'forward_pending',
  'transaction_is_amendment',
  'transaction_reversed',
]

export const reverseTransaction = journalCommand({
  name: 'ledger.transaction.reverse',
  summary: 'Reverse a transaction, once and as a whole',
  description:
    'Books the opposite of the transaction and of all its corrections, linked to it both ways: afterwards it is as if it had never happened, and everybody can see that it did.',
  path: '/v1/ledgers/{ledger}/transactions/{transaction}/reverse',
  input: strict({ ledger: LedgerName, transaction: Uuid, ...details, force }),
  output: TransactionView,
  refusals: [...amendable, ...postingRefusals],
  example: {
    after: [...posted, 'ledger.transaction.batch'],
    input: { ledger: 'demo', transaction: batchItem, description: 'Order 18 was cancelled' },
  },
  alsoNeeds: forcePermission,
  ledger: (input) => input.ledger,
  order: (call) => detailedOrder(call, { kind: 'reversal', transaction: call.input.transaction }),
  answer: bookedTransaction,
})

export const correctTransaction = journalCommand({
  name: 'ledger.transaction.correct',
  summary: 'Correct a transaction: say what it should have been',
  description:
    'Books the difference between what is booked (the transaction and its corrections so far) and what is sent, linked to the original.',
  path: '/v1/ledgers/{ledger}/transactions/{transaction}/correct',
  input: strict({
    ledger: LedgerName,
    transaction: Uuid,
    postings: Type.Optional(PostingsInput),
    lines: Type.Optional(LinesInput),
    ...details,
    force,
  }),
  output: TransactionView,
  refusals: [
    ...amendable,
    'movements_unclear',
    'asset_unknown',
    ...amountRefusals,
    'unbalanced',
    ...placeRefusals,
    'nothing_to_correct',
    ...postingRefusals,
  ],
  example: {
    after: posted,
    input: {
      ledger: 'demo',
      transaction: exampleTransaction,
      postings: [{ debit: 'bank:main', credit: 'customers:42:wallet', amount: '110.00', asset: 'EUR' }],
      description: 'The transfer was for 110 euros',
    },
  },
  alsoNeeds: forcePermission,
  ledger: (input) => input.ledger,
  order: (call) =>
    detailedOrder(call, {
      kind: 'correction',
      transaction: call.input.transaction,
      postings: call.input.postings,
      lines: call.input.lines,
    }),
  answer: bookedTransaction,
})
