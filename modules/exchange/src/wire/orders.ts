import { Time } from '@florin/kernel'
import { Type } from 'typebox'
import { AccountCode, Price, Quantity } from '../schemas.ts'

export const OrderId = Type.String({
  pattern: '^[1-9][0-9]{0,15}$',
  description: 'The order, as the market numbered it: a decimal number below 2^53 as a string',
})

export const ClientId = Type.String({
  pattern: '^[1-9][0-9]{0,15}$',
  description:
    'The account’s own number of the order, each once a day: a decimal number from 1 to 9007199254740991 as a string',
})

export const Side = Type.Enum(['buy', 'sell'])
export const orderTypes = ['limit', 'market', 'stop', 'stop_limit', 'trailing_stop'] as const
export const timesInForce = [
  'day',
  'good_till_cancelled',
  'good_till_date',
  'immediate',
  'fill_or_kill',
] as const

const orderFields = {
  account: AccountCode,
  side: Side,
  type: Type.Optional(Type.Enum([...orderTypes], { description: '`limit` if absent' })),
  price: Type.Optional({
    ...Price,
    description:
      'The limit; of market and stop orders the worst price they may trade at; of a trailing stop how far beyond its stop it may trade. Only market orders may be without one',
  }),
  quantity: { ...Quantity, description: 'Units of the instrument, whole lots' },
  stop: Type.Optional({
    ...Price,
    description: 'Of stops: the price that triggers; of a trailing stop its distance',
  }),
  display: Type.Optional({ ...Quantity, description: 'Shows so much at a time; all of it if absent' }),
  minimum: Type.Optional({ ...Quantity, description: 'Trades so much at once or not at all' }),
  time_in_force: Type.Optional(
    Type.Enum([...timesInForce], { description: '`day` if absent; of market orders `immediate`' }),
  ),
  expires_at: Type.Optional({
    ...Time,
    description: 'With good_till_date: gone from this second on; fractions are cut off',
  }),
  post_only: Type.Optional(
    Type.Enum(['reject', 'reprice'], {
      description: 'Never takes: refused if it would, or priced so that it does not',
    }),
  ),
  self_trade: Type.Optional(
    Type.Enum(['allow', 'cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'], {
      description: 'What happens where it would meet an order of its own; `allow` if absent',
    }),
  ),
  self_trade_scope: Type.Optional(
    Type.Enum(['account', 'group'], { description: 'Whose orders are its own; `account` if absent' }),
  ),
  short: Type.Optional(Type.Boolean({ description: 'Marks a short sale' })),
  client_id: Type.Optional(ClientId),
}

const whichOrder = {
  account: AccountCode,
  order_id: Type.Optional(OrderId),
  client_id: Type.Optional({
    ...ClientId,
    description: 'The order by its client id, where order_id is absent',
  }),
}

export const orderInput = orderFields
export const amendInput = {
  ...whichOrder,
  price: { ...Price, description: 'The limit from now on' },
  quantity: { ...Quantity, description: 'The new total, what was executed included' },
  stop: Type.Optional({ ...Price, description: 'Of stops: the stop from now on' }),
}
export const cancelInput = whichOrder
export const massCancelInput = {
  account: AccountCode,
  side: Type.Optional({ ...Side, description: 'Both if absent' }),
}
