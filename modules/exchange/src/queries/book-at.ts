import { defineQuery, Refusal } from '@florin/kernel'
import { type Engine, type Level, namesOf, noPrice, phase, side } from '@florin/orderbook'
import { type Static, Type } from 'typebox'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { orderIdOf } from '../domain/order-id.ts'
import { priceOf, quantityOf } from '../domain/units.ts'
import { Follower } from '../follower/follower.ts'
import { watchAllPermission } from '../permissions.ts'
import { MarketCode, strict } from '../schemas.ts'
import { readHead } from '../store/heads.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { OrderId, Side } from '../wire/orders.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'

const LevelView = strict(
  {
    price: Type.String(),
    displayed: Type.String(),
    total: Type.String({ description: 'Hidden parts included' }),
    orders: Type.Integer(),
  },
  { title: 'BookLevel' },
)

const OrderView = strict(
  {
    order_id: OrderId,
    side: Side,
    account: Type.String({ description: 'The account’s number' }),
    price: Type.String(),
    leaves: Type.String(),
    displayed: Type.String(),
  },
  { title: 'BookOrder' },
)

const phaseNames = namesOf(phase)

export const bookAt = defineQuery({
  name: 'exchange.book.at',
  summary: 'Reconstruct the book as it was after a command',
  description:
    'By carrying the journal out again from the snapshot before: with every order, in the order of priority. Of `orders` there may be many; without them only the levels are told. Hidden parts and accounts are shown: needs the permission exchange.account.watch-all, too.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/book-at' },
  input: strict({
    market: MarketCode,
    seq: { ...Sequence, description: 'Number of a command in the market’s journal; 0: before the first' },
    depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Levels; 10 if absent' })),
    orders: Type.Optional(Type.Boolean({ description: 'Tell every order, too' })),
  }),
  output: strict(
    {
      market: MarketCode,
      seq: Sequence,
      at: Type.Union([MicroTime, Type.Null()], { description: 'Time of the command' }),
      phase: Type.String(),
      last_price: Type.Union([Type.String(), Type.Null()]),
      digest: Type.String({ description: 'Of all commands and what they came to' }),
      bids: Type.Array(LevelView),
      asks: Type.Array(LevelView),
      orders: Type.Optional(Type.Array(OrderView)),
    },
    { title: 'BookAt' },
  ),
  permission: 'exchange.book.at',
  alsoNeeds: () => [watchAllPermission],
  refusals: ['market_not_found', 'sequence_not_reached'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', seq: 0 },
    refused: { sequence_not_reached: { market: 'USDC-EUR', seq: 1_000_000_000 } },
  },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const { lastSeq } = await readHead(view.db, market.id)
    if (input.seq > lastSeq)
      throw new Refusal('sequence_not_reached', `The journal of ${market.code} ends at ${lastSeq}`, {
        market: market.code,
        sequence: String(lastSeq),
      })
    const { engine } = await Follower.open(view.db, market, input.seq)
    const depth = input.depth ?? 10
    const level = (one: Level) => levelView(market, one)
    return {
      market: market.code,
      seq: input.seq,
      at: input.seq === 0 ? null : isoOfMicros(engine.timeUs),
      phase: snake(phaseNames.known(engine.phase)),
      last_price: engine.lastPrice === noPrice ? null : priceOf(market, engine.lastPrice),
      digest: engine.digest(),
      bids: engine.bids(depth).map(level),
      asks: engine.asks(depth).map(level),
      ...(input.orders === true ? { orders: ordersOf(market, engine) } : {}),
    }
  },
})

function levelView(market: MarketRecord, { price, displayed, total, orders }: Level) {
  return {
    price: priceOf(market, price),
    displayed: quantityOf(market, displayed),
    total: quantityOf(market, total),
    orders,
  }
}

function ordersOf(market: MarketRecord, engine: Engine) {
  return (['buy', 'sell'] as const).flatMap((of) => {
    const found: Static<typeof OrderView>[] = []
    engine.eachOrder(side[of], (order, slot, account, _flags, price, leaves, displayed) => {
      found.push(orderView(market, of, { order, slot, account, price, leaves, displayed }))
    })
    return found
  })
}

function orderView(
  market: MarketRecord,
  of: 'buy' | 'sell',
  one: Readonly<Record<'order' | 'slot' | 'account' | 'price' | 'leaves' | 'displayed', number>>,
): Static<typeof OrderView> {
  return {
    order_id: orderIdOf(one.order, one.slot),
    side: of,
    account: String(one.account),
    price: priceOf(market, one.price),
    leaves: quantityOf(market, one.leaves),
    displayed: quantityOf(market, one.displayed),
  }
}
