import {
  amendOrder,
  CommandError,
  cancelOrder,
  enterOrder,
  massCancel,
  type OrderType,
  type SelfTradeMode,
  type TimeInForce,
} from '@florin/orderbook'
import { contradiction } from './order-form.ts'
import { readClientId, readOrderId } from './order-id.ts'
import { fitsStep, lotsOf, ticksOf, type Units } from './units.ts'

/** Why an order can't even be said in ticks and lots: a code of the engine's reasons, found before the engine. */
export class OrderFault extends Error {
  override readonly name = 'OrderFault'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Who sends a command: numbers of the account and the session (0: none). */
export interface Sender {
  readonly account: number
  readonly session: number
}

export interface OrderDraft {
  readonly side: 'buy' | 'sell'
  readonly type?: keyof typeof types
  readonly price?: string
  readonly quantity: string
  readonly stop?: string
  readonly display?: string
  readonly minimum?: string
  readonly time_in_force?: keyof typeof times
  readonly expires_at?: string
  readonly post_only?: 'reject' | 'reprice'
  readonly self_trade?: keyof typeof modes
  readonly self_trade_scope?: 'account' | 'group'
  readonly short?: boolean
  readonly client_id?: string
}

export interface OrderPointer {
  readonly order_id?: string
  readonly client_id?: string
}

export interface Amendment extends OrderPointer {
  readonly price: string
  readonly quantity: string
  readonly stop?: string
}

const types = {
  limit: 'limit',
  market: 'market',
  stop: 'stop',
  stop_limit: 'stopLimit',
  trailing_stop: 'trailingStop',
} as const satisfies Record<string, OrderType>

const times = {
  day: 'day',
  good_till_cancelled: 'goodTillCancelled',
  good_till_date: 'goodTillDate',
  immediate: 'immediate',
  fill_or_kill: 'fillOrKill',
} as const satisfies Record<string, TimeInForce>

const modes = {
  allow: 'allow',
  cancel_newest: 'cancelNewest',
  cancel_oldest: 'cancelOldest',
  cancel_both: 'cancelBoth',
  decrement: 'decrement',
} as const satisfies Record<string, SelfTradeMode>

/** The engine's words of an order; its time is the sequencer's to give. @throws OrderFault */
export function enterWords(units: Units, sender: Sender, draft: OrderDraft): Int32Array {
  const type = types[draft.type ?? 'limit']
  const price = draft.price === undefined ? undefined : ticks(units, draft.price)
  const stop = draft.stop === undefined ? undefined : ticks(units, draft.stop)
  const form = {
    side: draft.side,
    quantity: lots(units, draft.quantity),
    display: draft.display === undefined ? 0 : lots(units, draft.display),
    minimum: draft.minimum === undefined ? 0 : lots(units, draft.minimum),
    expiry: draft.expires_at === undefined ? 0 : Math.floor(Date.parse(draft.expires_at) / 1_000),
    timeInForce: times[draft.time_in_force ?? (type === 'market' ? 'immediate' : 'day')],
    postOnly: draft.post_only ?? 'no',
    short: draft.short ?? false,
  } as const
  const wrong = contradiction({ ...form, type, price, stop })
  if (wrong !== undefined) throw new OrderFault('exchange_malformed', wrong)
  const order = {
    ...sender,
    ...form,
    time: 0,
    stop: stop ?? 0,
    clientId: draft.client_id === undefined ? 0 : clientId(draft.client_id),
    selfTrade: modes[draft.self_trade ?? 'allow'],
    selfTradeScope: draft.self_trade_scope ?? 'account',
  } as const
  if (type === 'market')
    return encoded(() => enterOrder({ ...order, type, ...(price === undefined ? {} : { price }) }))
  if (price === undefined)
    throw new OrderFault('exchange_malformed', 'Only market orders may be without a price')
  return encoded(() => enterOrder({ ...order, type, price }))
}

/** @throws OrderFault */
export function amendWords(units: Units, sender: Sender, amendment: Amendment): Int32Array {
  const change = {
    ...sender,
    ...pointed(amendment),
    time: 0,
    price: ticks(units, amendment.price),
    quantity: lots(units, amendment.quantity),
    stop: amendment.stop === undefined ? 0 : ticks(units, amendment.stop),
  }
  return encoded(() => amendOrder(change))
}

/** @throws OrderFault */
export function cancelWords(sender: Sender, pointer: OrderPointer): Int32Array {
  const which = { ...sender, ...pointed(pointer), time: 0 }
  return encoded(() => cancelOrder(which))
}

/** Of an account, or of a session (account 0). */
export function massCancelWords(sender: Sender, side?: 'buy' | 'sell'): Int32Array {
  return massCancel({ ...sender, time: 0, ...(side === undefined ? {} : { side }) })
}

function pointed({ order_id, client_id }: OrderPointer) {
  if (order_id !== undefined) {
    const found = readOrderId(order_id)
    if (found === undefined) throw new OrderFault('exchange_unknown_order', `${order_id} is no order’s id`)
    return found
  }
  if (client_id === undefined) throw new OrderFault('exchange_malformed', 'Give order_id or client_id')
  return { clientId: clientId(client_id) }
}

function clientId(text: string): number {
  const id = readClientId(text)
  if (id === undefined) throw new OrderFault('exchange_malformed', 'A client id is below 2^53')
  return id
}

function ticks(units: Units, price: string): number {
  const count = ticksOf(units, price)
  if (count !== undefined) return count
  if (fitsStep(price, units.tick)) throw beyond('price')
  throw new OrderFault('exchange_tick', `${price} is not a whole number of ticks of ${units.tick}`)
}

function lots(units: Units, quantity: string): number {
  const count = lotsOf(units, quantity)
  if (count !== undefined) return count
  if (fitsStep(quantity, units.lot)) throw beyond('quantity')
  throw new OrderFault('exchange_lot', `${quantity} is not a whole number of lots of ${units.lot}`)
}

const boundsOf: Readonly<Record<string, string>> = {
  price: 'exchange_price_bounds',
  stop: 'exchange_price_bounds',
  quantity: 'exchange_quantity_bounds',
  display: 'exchange_quantity_bounds',
  minimum: 'exchange_quantity_bounds',
}

/** What is more than the engine can count is beyond any bounds of a market. */
function beyond(field: string): OrderFault {
  const code = boundsOf[field]
  return code === undefined
    ? new OrderFault('exchange_malformed', `The ${field} is beyond what a market can count`)
    : new OrderFault(code, `The ${field} is beyond any bounds of a market`)
}

function encoded(encode: () => Int32Array): Int32Array {
  try {
    return encode()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw beyond(error.field)
  }
}
