import { defineRefusals } from '@florin/kernel'
import { namesOf, reason } from '@florin/orderbook'
import { snake } from './domain/names.ts'

const correct = 'Correct the order and send it as a new one'
const ask = 'Ask the operator of the market'

/** What a market's engine answers, by the names of its reasons; `exchange_` stands before each. */
export const engineRefusals = defineRefusals({
  exchange_unknown_command: { status: 422, title: 'The market knows no such command', action: correct },
  exchange_malformed: { status: 422, title: 'The order contradicts itself', action: correct },
  exchange_unknown_account: {
    status: 422,
    title: 'The market has no room for the account’s number',
    action: ask,
  },
  exchange_unknown_order: {
    status: 404,
    title: 'There is no such order of the account in the book',
    action: 'It was filled, removed, or belongs to another account; see its history',
  },
  exchange_orders_full: { status: 503, title: 'The book is full', action: 'Try again later' },
  exchange_client_ids_full: {
    status: 503,
    title: 'The market remembers no more client ids today',
    action: 'Enter the order without one',
  },
  exchange_entries_exhausted: { status: 503, title: 'The market has used all its numbers', action: ask },
  exchange_killed: { status: 409, title: 'The market’s kill switch is on', action: ask },
  exchange_account_killed: { status: 409, title: 'The account’s kill switch is on', action: ask },
  exchange_session_killed: { status: 409, title: 'The session’s kill switch is on', action: ask },
  exchange_suspended: { status: 409, title: 'The market is suspended', action: 'Wait until it trades again' },
  exchange_halted: { status: 409, title: 'The account is halted', action: ask },
  exchange_not_permitted: { status: 403, title: 'The account may not trade this side here', action: ask },
  exchange_phase: {
    status: 409,
    title: 'The market’s phase does not take such an order',
    action: 'Wait for the phase that does',
  },
  exchange_tick: { status: 422, title: 'The price is no multiple of the tick', action: correct },
  exchange_lot: { status: 422, title: 'The quantity is no multiple of the lot', action: correct },
  exchange_price_bounds: { status: 422, title: 'The price is outside the market’s bounds', action: correct },
  exchange_quantity_bounds: {
    status: 422,
    title: 'The quantity is above the largest allowed',
    action: correct,
  },
  exchange_price_band: { status: 422, title: 'The price is outside the static band', action: correct },
  exchange_no_limits: { status: 409, title: 'The account has no limits on this market', action: ask },
  exchange_no_reference: {
    status: 409,
    title: 'The market has no reference price to judge by',
    action: 'Wait until there is one',
  },
  exchange_no_liquidity: {
    status: 409,
    title: 'A market order finds nothing to trade with',
    action: 'Give a price',
  },
  exchange_duplicate_client_id: {
    status: 409,
    title: 'The account has used the client id today',
    action: 'If it is the same order, it is in the market already; else use a new id',
  },
  exchange_repeated_order: {
    status: 429,
    title: 'Too many identical orders in a row',
    action: 'Wait, or ask the operator for another limit',
  },
  exchange_order_quantity: {
    status: 422,
    title: 'The quantity is above the account’s limit',
    action: correct,
  },
  exchange_order_value: { status: 422, title: 'The value is above the account’s limit', action: correct },
  exchange_price_collar: {
    status: 422,
    title: 'The price is too far from the reference price',
    action: correct,
  },
  exchange_throttled: { status: 429, title: 'The account sends too many messages', action: 'Send fewer' },
  exchange_position: {
    status: 422,
    title: 'The position with its open orders would be too large',
    action: 'Cancel other orders, or enter less',
  },
  exchange_concentration: {
    status: 422,
    title: 'Too much of the portfolio would be in this instrument',
    action: 'Enter less',
  },
  exchange_buying_power: {
    status: 422,
    title: 'The account’s buying power does not suffice',
    action: 'Allocate more, cancel other orders, or enter less',
  },
  exchange_margin: {
    status: 422,
    title: 'The account’s equity does not cover the initial margin',
    action: 'Bring in collateral, or enter less',
  },
  exchange_short_not_permitted: {
    status: 422,
    title: 'More would be sold than the account has',
    action: 'Mark the order as a short sale, if the account may sell short',
  },
  exchange_no_locate: {
    status: 422,
    title: 'More would be sold short than was located',
    action: 'Locate more',
  },
  exchange_daily_loss: { status: 409, title: 'The account has lost its limit of the day', action: ask },
  exchange_reduce_only: {
    status: 409,
    title: 'The account may only reduce its position',
    action: 'Enter an order that does',
  },
  exchange_drawdown: {
    status: 409,
    title: 'The account has lost too much since its best moment',
    action: ask,
  },
  exchange_self_output: {
    status: 429,
    title: 'The account has too many open orders',
    action: 'Cancel some first',
  },
  exchange_would_trade: {
    status: 409,
    title: 'A post-only order would trade at once',
    action: 'Price it further from the market',
  },
  exchange_not_fillable: {
    status: 409,
    title: 'Not all of the order could trade at once',
    action: 'Enter less, or a worse price',
  },
  exchange_minimum_not_met: {
    status: 409,
    title: 'Less than the minimum could trade at once',
    action: 'Enter a smaller minimum, or a worse price',
  },
})

const reasonNames = namesOf(reason)
/** From this number on reasons tell why an order left, not why a command was refused. */
const firstOfLeaving = reason.requested

/** The code that stands outside for a number of the engine: a refusal, or why an order left. */
export function reasonCode(number: number): string {
  const name = snake(reasonNames.of(number) ?? 'none')
  return number === reason.none || number >= firstOfLeaving ? name : `exchange_${name}`
}

/** The sentence that goes with {@link reasonCode} of a refusal; undefined for reasons of leaving. */
export function reasonTitle(number: number): string | undefined {
  const code = reasonCode(number)
  return isRefusal(code) ? engineRefusals[code].title : undefined
}

function isRefusal(code: string): code is keyof typeof engineRefusals {
  return Object.hasOwn(engineRefusals, code)
}
