import { defineList, defineQuery, integerKey, Refusal, Uuid } from '@florin/kernel'
import { decodeTerms } from '@florin/orderbook'
import { type Static, Type } from 'typebox'
import { exampleTrade } from '../commands/amend-trade.ts'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { orderIdOf, readClientId, readOrderId } from '../domain/order-id.ts'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import { reasonCode } from '../order-refusals.ts'
import { watchPermission } from '../permissions.ts'
import { AccountCode, MarketCode, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'
import { findOrder, type OrderRow, listOrders as readOrders } from '../store/history.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { ClientId, OrderId } from '../wire/orders.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'
import { mayWatch } from './request.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()])
const Decimal = Type.String()

const OrderView = strict(
  {
    order_id: OrderId,
    account: AccountCode,
    session: nullable(Type.String()),
    client_id: nullable(ClientId),
    side: Type.String(),
    type: Type.String(),
    time_in_force: Type.String(),
    expires_at: nullable(Type.String()),
    price: nullable(Decimal),
    stop: nullable(Decimal),
    display: nullable(Decimal),
    minimum: nullable(Decimal),
    quantity: { ...Decimal, description: 'The total, as last amended' },
    executed: Decimal,
    leaves: { ...Decimal, description: 'What is still open' },
    value: { ...Decimal, description: 'What the executed quantity was worth' },
    state: Type.Enum(['open', 'held', 'filled', 'removed'], {
      description: 'held: a stop that was not triggered yet',
    }),
    reason: nullable(Type.String({ description: 'Why it was removed' })),
    entered_seq: Sequence,
    entered_at: MicroTime,
    changed_seq: Sequence,
    changed_at: MicroTime,
    liquidation: nullable({
      ...Uuid,
      description: 'The liquidation by which the market itself entered it; null: the account did',
    }),
  },
  { title: 'Order' },
)

export const getOrder = defineQuery({
  name: 'exchange.order.get',
  summary: 'Show an order and what became of it',
  description:
    'From the history, which follows the market closely. Needs the permission exchange.account.watch.<account> for the order’s account.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/orders/{order_id}' },
  input: strict({ market: MarketCode, order_id: OrderId }),
  output: OrderView,
  permission: 'exchange.order.get',
  refusals: ['market_not_found', 'exchange_unknown_order'],
  example: {
    after: [...exampleTrade, 'exchange.history.write'],
    input: { market: 'USDC-EUR', order_id: '4194305' },
    refused: { exchange_unknown_order: { market: 'USDC-EUR', order_id: '1' } },
  },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const id = readOrderId(input.order_id)
    const row = id === undefined ? undefined : await findOrder(view.db, market.id, id.order)
    // What the caller may not see is told as what there is not.
    if (row === undefined || row.slot !== id?.slot || !mayWatch(view.context, row.account))
      throw new Refusal('exchange_unknown_order', `There is no order ${input.order_id}`, {
        order_id: input.order_id,
      })
    return orderView(market, row)
  },
})

export const listOrders = defineList({
  name: 'exchange.order.list',
  summary: 'List the orders of an account on a market',
  description:
    'In the order of their entry, from the history. Needs the permission exchange.account.watch.<account>.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/orders' },
  input: strict({
    market: MarketCode,
    account: AccountCode,
    alive: Type.Optional(Type.Boolean({ description: 'Only those in the market, or only those that left' })),
    client_id: Type.Optional(ClientId),
  }),
  item: OrderView,
  permission: 'exchange.order.list',
  alsoNeeds: (input) => [watchPermission(input.account)],
  refusals: ['market_not_found', 'trading_account_not_found'],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { market: 'USDC-EUR', account: 'alice', alive: true },
  },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const account = await findAccount(view.db, input.account)
    const rows = await readOrders(
      view.db,
      market.id,
      {
        account: account.id,
        alive: input.alive,
        clientId: input.client_id === undefined ? undefined : readClientId(input.client_id),
      },
      integerKey(page, 0) ?? '0',
      page.fetch,
    )
    return { rows: rows.map((row) => ({ item: orderView(market, row), key: [String(row.number)] })) }
  },
})

function orderView(market: MarketRecord, row: OrderRow): Static<typeof OrderView> {
  const terms = decodeTerms(row.flags)
  const lots = (count: number): string => quantityOf(market, count)
  return {
    order_id: orderIdOf(row.number, row.slot),
    account: row.account,
    session: row.session,
    client_id: row.client_id === null ? null : String(row.client_id),
    side: terms?.side ?? '',
    type: snake(terms?.type ?? ''),
    time_in_force: snake(terms?.timeInForce ?? ''),
    expires_at: row.expires === 0n ? null : new Date(Number(row.expires) * 1_000).toISOString(),
    price: row.price === null ? null : priceOf(market, row.price),
    stop: row.stop === 0 ? null : priceOf(market, row.stop),
    display: row.display === 0 ? null : lots(row.display),
    minimum: row.minimum === 0 ? null : lots(row.minimum),
    quantity: lots(row.quantity),
    executed: lots(row.executed),
    leaves: lots(row.leaves),
    value: moneyOf(market, row.value),
    state: row.state,
    reason: row.reason === 0 ? null : reasonCode(row.reason),
    entered_seq: Number(row.entered_seq),
    entered_at: isoOfMicros(Number(row.entered_us)),
    changed_seq: Number(row.changed_seq),
    changed_at: isoOfMicros(Number(row.changed_us)),
    liquidation: row.liquidation,
  }
}
