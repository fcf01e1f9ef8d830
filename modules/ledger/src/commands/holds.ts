import { requestId, Time, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { amountRefusals, placeRefusals, postingRefusals } from '../domain/precedence.ts'
import { forcePermission, journalCommand } from '../posting/journal-command.ts'
import { orderOf } from '../posting/order.ts'
import { type Booked, holdView } from '../posting/views.ts'
import {
  Address,
  Amount,
  AssetCode,
  details,
  force,
  HoldState,
  type HoldStateView,
  HoldView,
  LedgerName,
  RecordStamp,
  strict,
  TransactionView,
} from '../schemas.ts'
import { detailedOrder } from './details.ts'
import { bookedTransaction } from './post-transaction.ts'

export const exampleHold = requestId('admin', 'ledger.hold.reserve', 'example-ledger.hold.reserve')
const funded = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']
const held = [...funded, 'ledger.hold.reserve']

export const reserveHold = journalCommand({
  name: 'ledger.hold.reserve',
  summary: 'Reserve an amount',
  description:
    'A pending posting: the amount is still on the account but no longer available, until the hold is settled, released or expires.',
  path: '/v1/ledgers/{ledger}/holds',
  input: strict({
    ledger: LedgerName,
    debit: Address,
    credit: Address,
    amount: Amount,
    asset: AssetCode,
    expires_at: Type.Optional(Time),
    ...details,
  }),
  output: HoldView,
  refusals: [
    'ledger_not_found',
    'value_time_in_future',
    'period_closed',
    'expiry_in_past',
    'asset_unknown',
    ...amountRefusals,
    ...placeRefusals,
    ...postingRefusals,
  ],
  example: {
    after: funded,
    input: {
      ledger: 'demo',
      debit: 'customers:42:wallet',
      credit: 'clearing:cards',
      amount: '30.00',
      asset: 'EUR',
      expires_at: '2099-01-01T00:00:00.000Z',
      reference: 'order-17',
    },
  },
  ledger: (input) => input.ledger,
  order: (call) => {
    const { debit, credit, amount, asset, expires_at } = call.input
    return detailedOrder(call, {
      kind: 'hold',
      debit,
      credit,
      amount,
      asset,
      expiresAt: expires_at === undefined ? undefined : Date.parse(expires_at),
    })
  },
  answer: (booked) => holdView(booked.stamp.ledger, booked.record, bookedHold(booked)),
})

export const settleHold = journalCommand({
  name: 'ledger.hold.settle',
  summary: 'Settle a hold, whole or in part',
  description:
    'Posts the amount and takes it from what is held. Without `amount` everything that remains is settled. With `final` the rest is released; without, it stays held for further settlements. `debit` or `credit` may name another account than the hold’s for what is posted, such as a fee account.',
  path: '/v1/ledgers/{ledger}/holds/{hold}/settle',
  input: strict({
    ledger: LedgerName,
    hold: Uuid,
    amount: Type.Optional(Amount),
    final: Type.Optional(Type.Boolean()),
    debit: Type.Optional(Address),
    credit: Type.Optional(Address),
    ...details,
    force,
  }),
  output: strict({ transaction: TransactionView, hold: HoldState }),
  refusals: [
    'ledger_not_found',
    'reason_required',
    'value_time_in_future',
    'period_closed',
    'hold_not_found',
    'hold_not_open',
    ...amountRefusals,
    'hold_exceeded',
    ...placeRefusals,
    ...postingRefusals,
  ],
  example: {
    after: held,
    input: { ledger: 'demo', hold: exampleHold, amount: '25.00', reference: 'capture-1' },
  },
  alsoNeeds: forcePermission,
  ledger: (input) => input.ledger,
  order: (call) => {
    const { hold, amount, debit, credit, final } = call.input
    return detailedOrder(call, { kind: 'settlement', hold, amount, debit, credit, final: final ?? false })
  },
  answer: (booked) => ({ transaction: bookedTransaction(booked), hold: bookedHold(booked) }),
})

export const releaseHold = journalCommand({
  name: 'ledger.hold.release',
  summary: 'Release a hold, whole or in part',
  path: '/v1/ledgers/{ledger}/holds/{hold}/release',
  input: strict({ ledger: LedgerName, hold: Uuid, amount: Type.Optional(Amount) }),
  output: strict({ record: RecordStamp, hold: HoldState }),
  refusals: ['ledger_not_found', 'hold_not_found', 'hold_not_open', ...amountRefusals, 'hold_exceeded'],
  example: { after: held, input: { ledger: 'demo', hold: exampleHold } },
  ledger: (input) => input.ledger,
  order: (call) => orderOf(call, { kind: 'release', hold: call.input.hold, amount: call.input.amount }),
  answer: (booked) => ({ record: booked.stamp, hold: bookedHold(booked) }),
})

export const expireHold = journalCommand({
  name: 'ledger.hold.expire',
  summary: 'Record that a hold has expired',
  description:
    'The background role `worker` does this by itself, and so does any call that touches an account of an expired hold: from the instant of its expiry a hold holds nothing.',
  path: '/v1/ledgers/{ledger}/holds/{hold}/expire',
  input: strict({ ledger: LedgerName, hold: Uuid }),
  output: strict({ record: RecordStamp, hold: HoldState }),
  refusals: ['ledger_not_found', 'hold_not_found', 'hold_not_open', 'hold_not_due'],
  example: {
    after: held,
    at: '2099-01-01T00:00:00.000Z',
    input: { ledger: 'demo', hold: exampleHold },
  },
  ledger: (input) => input.ledger,
  order: (call) => orderOf(call, { kind: 'expiry', hold: call.input.hold }),
  answer: (booked) => ({ record: booked.stamp, hold: bookedHold(booked) }),
})

function bookedHold(booked: Booked): HoldStateView {
  if (booked.hold === undefined) throw new Error(`The record ${booked.stamp.id} is not about a hold`)
  return booked.hold
}
