import { defineQuery } from '@florin/kernel'
import { type Engine, limitState, namesOf, noPrice, phase } from '@florin/orderbook'
import { type Static, Type } from 'typebox'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import { currentEngine } from '../gateway/replicas.ts'
import { watchPermission } from '../permissions.ts'
import { AccountCode, MarketCode, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'

const phaseNames = namesOf(phase)
const limitNames = namesOf(limitState)

const LevelView = strict({
  price: Type.String(),
  quantity: Type.String({ description: 'What is displayed' }),
  orders: Type.Integer(),
})
const NullablePrice = Type.Union([Type.String(), Type.Null()])

const BookView = strict(
  {
    market: MarketCode,
    seq: Sequence,
    at: Type.Union([MicroTime, Type.Null()], { description: 'Time of the last command' }),
    phase: Type.String(),
    limit_state: Type.String(),
    last: { ...NullablePrice, description: 'Price of the last trade' },
    reference: NullablePrice,
    bids: Type.Array(LevelView, { description: 'From the best on' }),
    asks: Type.Array(LevelView, { description: 'From the best on' }),
  },
  { title: 'Book' },
)

export const getBook = defineQuery({
  name: 'exchange.book.get',
  summary: 'Show the price levels of a market as they are now',
  description: 'Displayed quantities only: hidden parts of icebergs are nobody’s business.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/book' },
  input: strict({
    market: MarketCode,
    depth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Levels of each side; 20 if absent' }),
    ),
  }),
  output: BookView,
  permission: 'exchange.book.get',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    return bookView(market, await currentEngine(view.db, market), input.depth ?? 20)
  },
})

function bookView(market: MarketRecord, engine: Engine, depth: number): Static<typeof BookView> {
  const price = (ticks: number): string | null => (ticks === noPrice ? null : priceOf(market, ticks))
  const levels = (of: ReturnType<Engine['bids']>) =>
    of.map((level) => ({
      price: priceOf(market, level.price),
      quantity: quantityOf(market, level.displayed),
      orders: level.orders,
    }))
  return {
    market: market.code,
    seq: engine.sequence,
    at: engine.sequence === 0 ? null : isoOfMicros(engine.timeUs),
    phase: snake(phaseNames.known(engine.phase)),
    limit_state: snake(limitNames.known(engine.limitState)),
    last: price(engine.lastPrice),
    reference: price(engine.referencePrice),
    bids: levels(engine.bids(depth)),
    asks: levels(engine.asks(depth)),
  }
}

const Money = Type.String({
  description: 'An amount of the quote; a minus stands before it where it is negative',
})

const PositionView = strict(
  {
    market: MarketCode,
    account: AccountCode,
    seq: Sequence,
    position: Type.String({ description: 'Units of the instrument; short below zero' }),
    cost: { ...Money, description: 'Of the position, signed like it, by average' },
    realised_average: Money,
    realised_fifo: Money,
    unrealised: { ...Money, description: 'At the mark, by average; 0 without one' },
    open_buys: Type.String(),
    open_sells: Type.String(),
    open_orders: Type.Integer(),
    cash: { ...Money, description: 'Buying power, or collateral of a margin account, on this market' },
    reserved: { ...Money, description: 'What living buys may take of it' },
    equity: Money,
  },
  { title: 'Position' },
)

export const getPosition = defineQuery({
  name: 'exchange.position.get',
  summary: 'Show what an account holds and owes on a market, as the engine counts',
  description: 'Needs the permission exchange.account.watch.<account>.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/positions/{account}' },
  input: strict({ market: MarketCode, account: AccountCode }),
  output: PositionView,
  permission: 'exchange.position.get',
  alsoNeeds: (input) => [watchPermission(input.account)],
  refusals: ['market_not_found', 'trading_account_not_found'],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { market: 'USDC-EUR', account: 'alice' },
  },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const { id } = await findAccount(view.db, input.account)
    const engine = await currentEngine(view.db, market)
    const held = id > market.config.accounts ? undefined : engine.position(Number(id))
    return positionView(market, input.account, engine.sequence, held)
  },
})

const nothing = {
  position: 0,
  cost: 0,
  realisedAverage: 0,
  realisedFifo: 0,
  unrealised: 0,
  openBuys: 0,
  openSells: 0,
  openOrders: 0,
  cash: 0,
  reserved: 0,
  equity: 0,
}

/** An account for which the market has no room holds nothing there. */
function positionView(
  market: MarketRecord,
  account: string,
  seq: number,
  held: typeof nothing = nothing,
): Static<typeof PositionView> {
  const money = (value: number): string => moneyOf(market, value)
  const lots = (count: number): string => quantityOf(market, count)
  return {
    market: market.code,
    account,
    seq,
    position: lots(held.position),
    cost: money(held.cost),
    realised_average: money(held.realisedAverage),
    realised_fifo: money(held.realisedFifo),
    unrealised: money(held.unrealised),
    open_buys: lots(held.openBuys),
    open_sells: lots(held.openSells),
    open_orders: held.openOrders,
    cash: money(held.cash),
    reserved: money(held.reserved),
    equity: money(held.equity),
  }
}
