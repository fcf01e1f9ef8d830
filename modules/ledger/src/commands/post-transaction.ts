import { Type } from 'typebox'
import { bookingRefusals } from '../domain/precedence.ts'
import { forcePermission, journalCommand } from '../posting/journal-command.ts'
import type { Booked } from '../posting/views.ts'
import {
  ConditionInput,
  details,
  force,
  LedgerName,
  LinesInput,
  PostingsInput,
  strict,
  type Transaction,
  TransactionView,
} from '../schemas.ts'
import { detailedOrder } from './details.ts'

/** Everything that a transaction can be refused for, in order. */
export const transactionRefusals = [
  'ledger_not_found',
  'reason_required',
  'value_time_in_future',
  'period_closed',
  'movements_unclear',
  ...bookingRefusals,
]

/** A transaction as a caller describes it. */
export const transactionFields = {
  postings: Type.Optional(PostingsInput),
  lines: Type.Optional(LinesInput),
  conditions: Type.Optional(Type.Array(ConditionInput, { maxItems: 100 })),
  ...details,
  force,
}

export const postTransaction = journalCommand({
  name: 'ledger.transaction.post',
  summary: 'Post a transaction',
  description:
    'Either `postings`, each of which moves an amount from its credit to its debit account, or `lines` of a classic entry whose debits equal its credits for each asset. All of it is booked or none. Balances are checked once, for the transaction as a whole.',
  path: '/v1/ledgers/{ledger}/transactions',
  input: strict({ ledger: LedgerName, ...transactionFields }),
  output: TransactionView,
  refusals: transactionRefusals,
  example: {
    after: ['ledger.open', 'ledger.chart.set'],
    input: {
      ledger: 'demo',
      postings: [{ debit: 'bank:main', credit: 'customers:42:wallet', amount: '100.00', asset: 'EUR' }],
      reference: 'deposit-1',
      description: 'Bank transfer received',
      metadata: { channel: 'sepa' },
    },
  },
  alsoNeeds: forcePermission,
  ledger: (input) => input.ledger,
  order: (call) =>
    detailedOrder(call, {
      kind: 'transaction',
      postings: call.input.postings,
      lines: call.input.lines,
      conditions: call.input.conditions ?? [],
    }),
  answer: bookedTransaction,
})

/** The transaction that an order booked; every order that is not about a hold alone books one. */
export function bookedTransaction(booked: Booked): Transaction {
  if (booked.transaction === undefined) throw new Error(`The record ${booked.stamp.id} books no transaction`)
  return booked.transaction
}
