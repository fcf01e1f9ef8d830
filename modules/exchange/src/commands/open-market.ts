import { defineCommand, Refusal, Time, type Unit } from '@florin/kernel'
import { addressesOutsideChart, findAssets } from '@florin/ledger'
import { type Static, Type } from 'typebox'
import {
  clearingAddress,
  feesAddress,
  marginAddress,
  positionAddress,
  tradingAddress,
} from '../domain/addresses.ts'
import { configFault, defaultCapacity } from '../domain/config.ts'
import { priceOf, ticksOf, type Units, unitsOf } from '../domain/units.ts'
import { AssetCode, LedgerName, MarketCode, Price, Quantity, strict } from '../schemas.ts'
import { findInstrument } from '../store/instruments.ts'
import { insertMarket, type MarketRecord, marketExists } from '../store/markets.ts'

const CapacityInput = strict(
  {
    orders: Type.Integer({ minimum: 1, maximum: 4_194_304, description: 'Living orders at a time' }),
    accounts: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'The highest number of an account',
    }),
    sessions: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'The highest number of a session',
    }),
    client_ids: Type.Integer({
      minimum: 1,
      maximum: 4_194_304,
      description: 'Client order ids remembered at a time',
    }),
    largest_position: Type.Integer({ minimum: 1, maximum: 67_108_864, description: 'Lots, of one account' }),
  },
  { title: 'Capacity', description: 'What the engine has room for; reaching a limit is a refusal' },
)

const marketFields = {
  market: MarketCode,
  instrument: AssetCode,
  quote: AssetCode,
  ledger: LedgerName,
  tick: { ...Price, description: 'The smallest step of a price' },
  lot: { ...Quantity, description: 'The smallest quantity, units of the instrument' },
  price_min: { ...Price, description: 'The lowest price of an order' },
  price_max: { ...Price, description: 'The highest price of an order' },
  settlement_days: Type.Integer({
    minimum: 0,
    maximum: 2,
    description: 'Business days from trade to settlement',
  }),
}

export const MarketView = strict(
  {
    ...marketFields,
    id: Type.String({ description: 'The market’s number' }),
    tick_value: Type.String({ description: 'What one tick of one lot is worth, minor units of the quote' }),
    capacity: CapacityInput,
    opened_at: Time,
    opened_by: Type.String(),
  },
  { title: 'Market' },
)

export const openMarket = defineCommand({
  name: 'exchange.market.open',
  summary: 'Open a market: an instrument against a quote, settled in a ledger',
  description:
    'A tick of a lot must be worth whole minor units of the quote, so that every trade is exact. A new market is closed until a phase is set, and takes orders of accounts with limits only.',
  http: { method: 'POST', path: '/v1/exchange/markets' },
  input: strict({
    ...marketFields,
    capacity: Type.Optional(Type.Partial(CapacityInput, { additionalProperties: false })),
  }),
  output: MarketView,
  permission: 'exchange.market.open',
  refusals: [
    'market_exists',
    'instrument_not_found',
    'asset_unknown',
    'ledger_not_found',
    'market_invalid',
    'market_chart_incomplete',
  ],
  example: {
    after: ['ledger.asset.register', 'exchange.instrument.define', 'exchange.ledger.prepare'],
    input: {
      market: 'USDC-EUR',
      instrument: 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
      quote: 'EUR',
      ledger: 'demo',
      tick: '0.0001',
      lot: '100',
      price_min: '0.0001',
      price_max: '2.0000',
      settlement_days: 2,
      capacity: { orders: 1_000, accounts: 100, sessions: 100, client_ids: 1_000 },
    },
  },
  async run(unit, input) {
    if (await marketExists(unit.db, input.market))
      throw new Refusal('market_exists', `The market ${input.market} is open already`, {
        market: input.market,
      })
    const market = await marketOfInput(unit, input)
    await checkChart(unit, market)
    const id = await insertMarket(unit.db, market)
    const view = marketView({ ...market, id })
    unit.changed({ subject: market.code, before: null, after: view })
    unit.emit({ type: 'exchange.market.opened', subject: market.code, data: { id: String(id) } })
    return view
  },
})

async function marketOfInput(
  unit: Unit,
  input: Static<typeof openMarket.input>,
): Promise<Omit<MarketRecord, 'id'>> {
  const instrument = await findInstrument(unit.db, input.instrument)
  const quote = (await findAssets(unit.db, [input.quote])).get(input.quote)
  if (quote === undefined)
    throw new Refusal('asset_unknown', `The asset "${input.quote}" is not known`, { asset: input.quote })
  const units = unitsOf(input.tick, input.lot, { instrument: instrument.exponent, quote: quote.exponent })
  if (typeof units === 'string') throw new Refusal('market_invalid', units)
  const config = {
    lowestPrice: boundOf(units, input.price_min),
    highestPrice: boundOf(units, input.price_max),
    ...engineCapacity({ ...defaultCapacity, ...input.capacity }),
    risk: true,
    digest: true,
  }
  const fault = configFault(config)
  if (fault !== undefined) throw new Refusal('market_invalid', fault)
  return {
    ...units,
    code: input.market,
    instrument: instrument.code,
    quote: quote.code,
    ledger: input.ledger,
    settlementDays: input.settlement_days,
    config,
    openedAt: new Date(unit.clock.now()),
    openedBy: unit.context.actor.id,
  }
}

function boundOf(units: Units, price: string): number {
  const ticks = ticksOf(units, price)
  if (ticks === undefined)
    throw new Refusal('market_invalid', `The price ${price} is not a whole number of ticks`)
  return ticks
}

function engineCapacity(capacity: Static<typeof CapacityInput>) {
  const { orders, accounts, sessions, client_ids, largest_position } = capacity
  return { orders, accounts, sessions, clientIds: client_ids, largestPosition: largest_position }
}

/** Refused here, once, so that no trade ever finds that there is no account to book it on. */
async function checkChart(unit: Unit, market: Omit<MarketRecord, 'id'>): Promise<void> {
  const anyone = 'account'
  const missing = await addressesOutsideChart(unit.db, market.ledger, [
    tradingAddress(anyone),
    marginAddress(anyone),
    positionAddress(market.code, anyone),
    clearingAddress(market.code),
    feesAddress(market.code),
  ])
  if (missing.length > 0)
    throw new Refusal(
      'market_chart_incomplete',
      `The chart of "${market.ledger}" has no template for ${missing.join(', ')}`,
      {
        ledger: market.ledger,
        missing,
      },
    )
}

export function marketView(market: MarketRecord): Static<typeof MarketView> {
  const { config } = market
  return {
    market: market.code,
    id: String(market.id),
    instrument: market.instrument,
    quote: market.quote,
    ledger: market.ledger,
    tick: market.tick,
    lot: market.lot,
    tick_value: String(market.tickValue),
    price_min: priceOf(market, config.lowestPrice),
    price_max: priceOf(market, config.highestPrice),
    settlement_days: market.settlementDays,
    capacity: {
      orders: config.orders,
      accounts: config.accounts,
      sessions: config.sessions,
      client_ids: config.clientIds,
      largest_position: config.largestPosition,
    },
    opened_at: market.openedAt.toISOString(),
    opened_by: market.openedBy,
  }
}
