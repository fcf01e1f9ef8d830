import {
  type BatchedCommand,
  type Call,
  defineCommand,
  type Example,
  type Outcome,
  Refusal,
  type Unit,
} from '@florin/kernel'
import type { Static, TObject } from 'typebox'
import {
  amendWords,
  cancelWords,
  enterWords,
  massCancelWords,
  OrderFault,
  type Sender,
} from '../domain/order-words.ts'
import type { Units } from '../domain/units.ts'
import type { engineRefusals } from '../order-refusals.ts'
import { tradePermission } from '../permissions.ts'
import { MarketCode, strict } from '../schemas.ts'
import { accountNotFound, accountsByCode } from '../store/accounts.ts'
import { enqueue, type InboxCommand } from '../store/inbox.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { amendInput, cancelInput, massCancelInput, orderInput } from '../wire/orders.ts'
import { RequestView } from './steer-market.ts'

interface Asked {
  readonly market: string
  readonly account: string
}

const beforeTheEngine = [
  'exchange_malformed',
  'exchange_unknown_order',
  'exchange_tick',
  'exchange_lot',
  'exchange_price_bounds',
  'exchange_quantity_bounds',
] as const satisfies readonly (keyof typeof engineRefusals)[]

interface OrderCommand<I extends TObject> {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly path: string
  readonly input: I
  readonly example: Example
  who(input: Static<I>): Asked
  /** @throws OrderFault */
  words(units: Units, sender: Sender, input: Static<I>): Int32Array
}

/** A command whose effect is one command in a market's inbox; calls on one market go there together. */
function orderCommand<I extends TObject>(spec: OrderCommand<I>): BatchedCommand<I, typeof RequestView> {
  const { path, who, words, ...operation } = spec
  return defineCommand({
    ...operation,
    description: `${spec.description} No policy of approval holds it back: over WebSocket orders do not pass one either, and limits judge both.`,
    approval: 'never',
    http: { method: 'POST', path },
    output: RequestView,
    permission: spec.name,
    alsoNeeds: (input: Static<I>) => [tradePermission(who(input).account)],
    refusals: ['market_not_found', 'trading_account_not_found', ...beforeTheEngine],
    lane: (input: Static<I>) => who(input).market,
    runMany: (unit: Unit, calls: readonly Call<Static<I>>[]) =>
      enterAll(
        unit,
        calls.map((call) => ({
          call,
          ...who(call.input),
          words: (units, sender) => words(units, sender, call.input),
        })),
      ),
  })
}

/** A call, for whom it is, and how its command is written once that is known. */
interface Request extends Asked {
  readonly call: Call<unknown>
  words(units: Units, sender: Sender): Int32Array
}

type Answer = Static<typeof RequestView>

async function enterAll(unit: Unit, requests: readonly Request[]): Promise<Outcome<Answer>[]> {
  const market = await marketOrRefusal(unit, requests[0]?.market ?? '')
  if (market instanceof Refusal) return requests.map(() => ({ refused: market }))
  const accounts = await accountsByCode(unit.db, [...new Set(requests.map(({ account }) => account))])
  const commands: InboxCommand[] = []
  const outcomes = requests.map((request): Outcome<Answer> => {
    const account = accounts.get(request.account)
    if (account === undefined) return { refused: accountNotFound(request.account) }
    const command = commandOf(request, market, Number(account.id))
    if (command instanceof Refusal) return { refused: command }
    commands.push(command)
    return { done: { market: market.code, request: request.call.id, commands: 1 } }
  })
  await enqueue(unit, market, commands)
  return outcomes
}

function commandOf(request: Request, market: MarketRecord, account: number): InboxCommand | Refusal {
  const { id, context } = request.call
  try {
    const words = request.words(market, { account, session: 0 })
    return { words, callId: id, account, origin: { actor: context.actor.id } }
  } catch (error) {
    if (!(error instanceof OrderFault)) throw error
    return new Refusal(error.code, error.message, { market: market.code })
  }
}

async function marketOrRefusal(unit: Unit, code: string): Promise<MarketRecord | Refusal> {
  try {
    return await findMarket(unit.db, code)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const answers =
  'Answers as soon as the order is on its durable way to the market’s engine; exchange.request.get tells what came of it.'
const after = ['exchange.market.open', 'exchange.account.open']
const unknown = { market: 'NONE-EUR', account: 'alice' }

export const enterOrder = orderCommand({
  name: 'exchange.order.enter',
  summary: 'Enter an order',
  description: `${answers} Needs the permission exchange.account.trade.<account>, too, as all order entry does.`,
  path: '/v1/exchange/markets/{market}/orders',
  input: strict({ market: MarketCode, ...orderInput }),
  who: (input) => input,
  example: {
    after,
    input: {
      market: 'USDC-EUR',
      account: 'alice',
      side: 'buy',
      price: '0.9249',
      quantity: '1000',
      client_id: '1',
    },
    refused: {
      market_not_found: { ...unknown, side: 'buy', price: '0.9249', quantity: '1000' },
      trading_account_not_found: {
        market: 'USDC-EUR',
        account: 'nobody',
        side: 'buy',
        price: '1',
        quantity: '100',
      },
      exchange_malformed: { market: 'USDC-EUR', account: 'alice', side: 'buy', quantity: '1000' },
      exchange_tick: {
        market: 'USDC-EUR',
        account: 'alice',
        side: 'buy',
        price: '0.92495',
        quantity: '1000',
      },
      exchange_lot: { market: 'USDC-EUR', account: 'alice', side: 'buy', price: '0.9249', quantity: '50' },
      exchange_price_bounds: {
        market: 'USDC-EUR',
        account: 'alice',
        side: 'buy',
        price: '999999999.0000',
        quantity: '100',
      },
      exchange_quantity_bounds: {
        market: 'USDC-EUR',
        account: 'alice',
        side: 'buy',
        price: '0.9249',
        quantity: '999999999999900',
      },
    },
  },
  words: (units, sender, input) => enterWords(units, sender, input),
})

export const amendOrder = orderCommand({
  name: 'exchange.order.amend',
  summary: 'Change an order',
  description: `A smaller quantity at the same price keeps its place in the queue; anything else loses it. A total of what was executed, or less, removes the rest. ${answers}`,
  path: '/v1/exchange/markets/{market}/orders/amend',
  input: strict({ market: MarketCode, ...amendInput }),
  who: (input) => input,
  example: {
    after,
    input: { market: 'USDC-EUR', account: 'alice', client_id: '1', price: '0.9248', quantity: '500' },
    refused: {
      exchange_unknown_order: {
        market: 'USDC-EUR',
        account: 'alice',
        order_id: '7',
        price: '0.9248',
        quantity: '500',
      },
    },
  },
  words: (units, sender, input) => amendWords(units, sender, input),
})

export const cancelOrder = orderCommand({
  name: 'exchange.order.cancel',
  summary: 'Cancel an order',
  description: `Possible in every phase, whatever is killed or halted. ${answers}`,
  path: '/v1/exchange/markets/{market}/orders/cancel',
  input: strict({ market: MarketCode, ...cancelInput }),
  who: (input) => input,
  example: {
    after,
    input: { market: 'USDC-EUR', account: 'alice', client_id: '1' },
    refused: { exchange_malformed: { market: 'USDC-EUR', account: 'alice' } },
  },
  words: (_units, sender, input) => cancelWords(sender, input),
})

export const cancelAllOrders = orderCommand({
  name: 'exchange.order.cancel-all',
  summary: 'Cancel all orders of an account on a market',
  description: `Those of all its sessions, of one side or both. ${answers}`,
  path: '/v1/exchange/markets/{market}/orders/cancel-all',
  input: strict({ market: MarketCode, ...massCancelInput }),
  who: (input) => input,
  example: { after, input: { market: 'USDC-EUR', account: 'alice', side: 'buy' } },
  words: (_units, sender, input) => massCancelWords(sender, input.side),
})
