import { defineList, integerKey, Time } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { isoOfMicros } from '../domain/micros.ts'
import { orderIdOf } from '../domain/order-id.ts'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import { candleIntervals } from '../history/candle-sums.ts'
import { watchPermission } from '../permissions.ts'
import { AccountCode, MarketCode, strict } from '../schemas.ts'
import { findAccount } from '../store/accounts.ts'
import {
  type FillViewRow,
  listCandles as readCandles,
  listFills as readFills,
  listTrades as readTrades,
} from '../store/history.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { OrderId, Side } from '../wire/orders.ts'
import { MicroTime, Sequence } from '../wire/schemas.ts'

const Status = Type.Enum(['good', 'bust', 'corrected'], {
  description: 'corrected: price and quantity are those that count now',
})

const FillView = strict(
  {
    trade: Type.Integer({ description: 'The trade’s number on its market' }),
    order_id: OrderId,
    account: AccountCode,
    side: Side,
    liquidity: Type.Enum(['maker', 'taker', 'auction']),
    price: Type.String(),
    quantity: Type.String(),
    value: Type.String(),
    status: Status,
    seq: Sequence,
    at: MicroTime,
  },
  { title: 'Fill' },
)

export const listFills = defineList({
  name: 'exchange.fill.list',
  summary: 'List the fills of an account on a market',
  description:
    'In the order of the trades; a trade between two orders of the account is two fills. Needs the permission exchange.account.watch.<account>.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/fills' },
  input: strict({ market: MarketCode, account: AccountCode }),
  item: FillView,
  permission: 'exchange.fill.list',
  alsoNeeds: (input) => [watchPermission(input.account)],
  refusals: ['market_not_found', 'trading_account_not_found'],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { market: 'USDC-EUR', account: 'alice' },
  },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const account = await findAccount(view.db, input.account)
    const [trade, part] = [integerKey(page, 0) ?? '0', integerKey(page, 1) ?? '2']
    // From the trade of the last fill on: its other side may be the next one.
    const rows = await readFills(view.db, market.id, account.id, String(BigInt(trade) - 1n), page.fetch + 1)
    const fills = rows
      .flatMap((row) => sidesOf(row, account.id).map((side) => ({ row, side })))
      .filter(({ row, side }) => BigInt(row.trade) > BigInt(trade) || side > Number(part))
    return {
      rows: fills.slice(0, page.fetch).map(({ row, side }) => ({
        item: fillView(market, row, side, input.account),
        key: [String(row.trade), String(side)],
      })),
    }
  },
})

const maker = 0
const taker = 1

function sidesOf(row: FillViewRow, account: bigint): number[] {
  return [
    ...(row.maker_account === account ? [maker] : []),
    ...(row.taker_account === account ? [taker] : []),
  ]
}

function fillView(
  market: MarketRecord,
  row: FillViewRow,
  part: number,
  account: string,
): Static<typeof FillView> {
  const auction = row.side === 2
  // The buyer of an auction stands as maker.
  const takerBuys = !auction && row.side === 0
  const buys = part === taker ? takerBuys : !takerBuys
  return {
    trade: row.trade,
    order_id:
      part === maker
        ? orderIdOf(row.maker_order, row.maker_slot)
        : orderIdOf(row.taker_order, row.taker_slot),
    account,
    side: buys ? 'buy' : 'sell',
    liquidity: auction ? 'auction' : part === maker ? 'maker' : 'taker',
    ...terms(market, row),
    seq: Number(row.seq),
    at: isoOfMicros(Number(row.at_us)),
  }
}

const TradeView = strict(
  {
    trade: Type.Integer({ description: 'The trade’s number on its market' }),
    price: Type.String(),
    quantity: Type.String(),
    value: Type.String({ description: 'In the quote' }),
    side: Type.Enum(['buy', 'sell', 'auction'], { description: 'Whose order took the other’s' }),
    status: Status,
    seq: Sequence,
    at: MicroTime,
  },
  { title: 'Trade' },
)

export const listTrades = defineList({
  name: 'exchange.trade.list',
  summary: 'List the trades of a market',
  description: 'The newest first; nobody’s account. From the history, which follows the market closely.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/trades' },
  input: strict({ market: MarketCode }),
  item: TradeView,
  permission: 'exchange.trade.list',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const rows = await readTrades(view.db, market.id, integerKey(page, 0) ?? null, page.fetch)
    return {
      rows: rows.map((row) => ({
        item: {
          trade: row.trade,
          ...terms(market, row),
          side: tradeSides[row.side] ?? 'auction',
          seq: Number(row.seq),
          at: isoOfMicros(Number(row.at_us)),
        },
        key: [String(row.trade)],
      })),
    }
  },
})

const tradeSides = ['buy', 'sell'] as const

/** Price and quantity as they count now; what was bust shows what it was. */
function terms(market: MarketRecord, row: FillViewRow) {
  const bust = row.quantity_now === 0
  const amended = row.price_now !== row.price || row.quantity_now !== row.quantity
  const [price, quantity] = bust ? [row.price, row.quantity] : [row.price_now, row.quantity_now]
  return {
    price: priceOf(market, price),
    quantity: quantityOf(market, quantity),
    value: moneyOf(market, BigInt(price) * BigInt(quantity)),
    status: bust ? ('bust' as const) : amended ? ('corrected' as const) : ('good' as const),
  }
}

const CandleView = strict(
  {
    start: Time,
    open: Type.String(),
    high: Type.String(),
    low: Type.String(),
    close: Type.String(),
    volume: Type.String({ description: 'Units of the instrument' }),
    value: Type.String({ description: 'In the quote' }),
    trades: Type.Integer(),
  },
  { title: 'Candle' },
)

export const listCandles = defineList({
  name: 'exchange.candle.list',
  summary: 'List the candles of a market',
  description:
    'Only those in which something was traded; trades that were bust or corrected count as they do now.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/candles' },
  input: strict({
    market: MarketCode,
    interval: Type.Enum(['1m', '5m', '1h', '1d'], { description: 'They begin at whole ones, UTC' }),
    from: Type.Optional(Time),
    to: Type.Optional({ ...Time, description: 'Those that begin before it' }),
  }),
  item: CandleView,
  permission: 'exchange.candle.list',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR', interval: '1m' } },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const rows = await readCandles(
      view.db,
      market.id,
      candleIntervals[input.interval],
      { from: input.from ?? null, to: input.to ?? null },
      integerKey(page, 0) ?? null,
      page.fetch,
    )
    return {
      rows: rows.map(({ start, ...candle }) => ({
        item: {
          start: start.toISOString(),
          open: priceOf(market, candle.open),
          high: priceOf(market, candle.high),
          low: priceOf(market, candle.low),
          close: priceOf(market, candle.close),
          volume: quantityOf(market, Number(candle.volume)),
          value: moneyOf(market, candle.value),
          trades: candle.trades,
        },
        key: [String(start.getTime() / 1_000)],
      })),
    }
  },
})
