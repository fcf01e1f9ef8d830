import { defineCommand, defineQuery, Refusal, Time } from '@florin/kernel'
import { formatDecimal, MoneyError, parseDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { highestRate, tiersFault } from '../domain/fees.ts'
import { MarketCode, Money, strict } from '../schemas.ts'
import { type FeesRecord, feesAt, insertFees } from '../store/fees.ts'
import { feeRates } from '../store/limits.ts'
import { lockSetup } from '../store/market-changes.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { ask, type Untimed } from './requests.ts'

const rate = { minimum: -100_000, maximum: 100_000 }

const Tier = strict(
  {
    from: {
      ...Money,
      description: 'Value that the account traded in the last 30 days; the first tier is from 0',
    },
    maker_ppm: Type.Integer({ ...rate, description: 'Millionths of the value; below zero it is a rebate' }),
    taker_ppm: Type.Integer({ ...rate, description: 'Millionths of the value' }),
  },
  { title: 'FeeTier' },
)

const feeFields = {
  market: MarketCode,
  tiers: Type.Array(Tier, { minItems: 1, maxItems: 100 }),
  minimum: { ...Money, description: 'The least that a side pays for a trade, where it pays a fee' },
}

const FeesView = strict(
  { ...feeFields, version: Type.Integer({ minimum: 1 }), set_at: Time, set_by: Type.String() },
  { title: 'FeeSchedule' },
)

export const setFees = defineCommand({
  name: 'exchange.fees.set',
  summary: 'Set a market’s fees: for makers and takers, by what they trade',
  description:
    'Trades from now on pay them; each side by what it traded in the 30 days before. Buyers set aside the highest rate.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/fees' },
  input: strict({ ...feeFields, minimum: Type.Optional(feeFields.minimum) }),
  output: FeesView,
  permission: 'exchange.fees.set',
  refusals: ['market_not_found', 'market_value_invalid', 'fees_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: {
      market: 'USDC-EUR',
      tiers: [
        { from: '0', maker_ppm: 500, taker_ppm: 1_000 },
        { from: '1000000.00', maker_ppm: -100, taker_ppm: 600 },
      ],
      minimum: '0.01',
    },
    refused: {
      fees_invalid: { market: 'USDC-EUR', tiers: [{ from: '1', maker_ppm: 0, taker_ppm: 0 }] },
    },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const fees = {
      tiers: input.tiers.map((tier) => ({
        from: minorOf(market, tier.from),
        makerPpm: tier.maker_ppm,
        takerPpm: tier.taker_ppm,
      })),
      minimum: minorOf(market, input.minimum ?? '0'),
      setAt: new Date(unit.clock.now()),
      setBy: unit.context.actor.id,
    }
    const fault = tiersFault(fees.tiers)
    if (fault !== undefined) throw new Refusal('fees_invalid', fault)
    await lockSetup(unit, market.id)
    const before = await feesAt(unit.db, market.id, fees.setAt)
    const view = feesView(market, { ...fees, version: await insertFees(unit, market.id, fees) })
    const highest = highestRate(fees)
    const commands = [...(await feeRates(unit.db, market.id))].map(
      ([account, rate]): Untimed => ({
        command: 'account',
        account: Number(account),
        setting: 'feeRate',
        value: Math.max(rate, highest),
      }),
    )
    await ask(unit, market, commands)
    unit.changed({
      subject: market.code,
      before: before === undefined ? null : feesView(market, before),
      after: view,
    })
    return view
  },
})

export const getFees = defineQuery({
  name: 'exchange.fees.get',
  summary: 'Show the fees of a market, now or at a time',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/fees' },
  input: strict({ market: MarketCode, at: Type.Optional(Time) }),
  output: FeesView,
  permission: 'exchange.fees.get',
  refusals: ['market_not_found', 'fees_not_found'],
  example: { after: ['exchange.fees.set'], input: { market: 'USDC-EUR' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const fees = await feesAt(view.db, market.id, new Date(input.at ?? view.clock.now()))
    if (fees === undefined)
      throw new Refusal('fees_not_found', `${market.code} has no fees`, { market: market.code })
    return feesView(market, fees)
  },
})

function minorOf(market: MarketRecord, amount: string): bigint {
  try {
    return parseDecimal(amount, market.quoteExponent)
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error
    throw new Refusal('market_value_invalid', `${amount} ${market.quote}: ${error.message}`, { amount })
  }
}

function feesView(market: MarketRecord, fees: FeesRecord): Static<typeof FeesView> {
  return {
    market: market.code,
    version: fees.version,
    tiers: fees.tiers.map((tier) => ({
      from: formatDecimal(tier.from, market.quoteExponent),
      maker_ppm: tier.makerPpm,
      taker_ppm: tier.takerPpm,
    })),
    minimum: formatDecimal(fees.minimum, market.quoteExponent),
    set_at: fees.setAt.toISOString(),
    set_by: fees.setBy,
  }
}
