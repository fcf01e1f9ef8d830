import { defineCommand, Refusal, type Unit, Uuid } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Static, Type } from 'typebox'
import { lotsOf, priceOf, quantityOf } from '../domain/units.ts'
import { MarketCode, Price, Quantity, strict } from '../schemas.ts'
import { bust, type CountingTrade, correct, lockTrade } from '../settlement/amend.ts'
import { priceTrades } from '../settlement/pricing.ts'
import type { Amendment } from '../store/amendments.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { demandReason, ticksOrRefuse } from './requests.ts'

export const TradeNumber = Type.String({
  pattern: '^[1-9][0-9]{0,9}$',
  description: 'The trade’s number on its market',
})

/** After it there is a trade, once the market’s engine has done what the examples before asked. */
export const exampleTrade = ['exchange.fills.settle']

const AmendmentView = strict(
  {
    market: MarketCode,
    trade: TradeNumber,
    version: Type.Integer({ minimum: 1, description: 'How often it was amended' }),
    kind: Type.Enum(['bust', 'correction']),
    price: { ...Price, description: 'As it counts from now on' },
    quantity: { ...Quantity, description: 'As it counts from now on; 0 when bust' },
    buyer_fee: Type.String({ description: 'Decimal, in the quote; below zero it is paid to the account' }),
    seller_fee: Type.String({ description: 'The same of the seller' }),
    transaction: Type.Union([Uuid, Type.Null()], {
      description: 'The ledger’s reversal or correction; null: nothing moved by it',
    }),
  },
  { title: 'TradeAmendment' },
)

const amendable = [
  'market_not_found',
  'reason_required',
  'ledger_not_found',
  'trade_not_settled',
  'trade_bust',
]
const booking = ['transaction_reversed', 'account_closed', 'account_frozen', 'period_closed']

export const bustTrade = defineCommand({
  name: 'exchange.trade.bust',
  summary: 'Bust a trade: as if it had never been',
  description:
    'Its transaction is reversed, fees included, and the positions in the market go back. What a party has spent since does not keep it from happening: its account may end below zero, which is told.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/trades/{trade}/bust' },
  input: strict({ market: MarketCode, trade: TradeNumber }),
  output: AmendmentView,
  permission: 'exchange.trade.bust',
  refusals: [...amendable, ...booking],
  example: {
    after: exampleTrade,
    input: { market: 'USDC-EUR', trade: '1' },
    reason: 'Clearly erroneous by rule 4.1',
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'A trade is bust only for a reason')
    const trade = await lockTrade(unit, market, Number(input.trade))
    return tell(unit, market, trade, await bust(unit, market, trade))
  },
})

export const correctTrade = defineCommand({
  name: 'exchange.trade.correct',
  summary: 'Correct a trade: say what it should have been',
  description:
    'The difference is booked, fees by the schedule of its time included, and the positions in the market follow.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/trades/{trade}/correct' },
  input: strict({
    market: MarketCode,
    trade: TradeNumber,
    price: Type.Optional(Price),
    quantity: Type.Optional(Quantity),
  }),
  output: AmendmentView,
  permission: 'exchange.trade.correct',
  refusals: [...amendable, 'market_value_invalid', 'trade_unchanged', ...booking],
  example: {
    after: exampleTrade,
    input: { market: 'USDC-EUR', trade: '1', price: '0.9240' },
    reason: 'Both parties agreed on another price',
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'A trade is corrected only for a reason')
    const trade = await lockTrade(unit, market, Number(input.trade))
    const to = correctedTo(market, trade, input)
    const [priced] = await priceTrades(unit, market, [{ ...trade.settlement, ...to }])
    if (priced === undefined) throw new Error('The corrected trade has no price')
    const { price, quantity, buyerFee, sellerFee } = priced
    return tell(
      unit,
      market,
      trade,
      await correct(unit, market, trade, { price, quantity, buyerFee, sellerFee }),
    )
  },
})

function correctedTo(
  market: MarketRecord,
  { last }: CountingTrade,
  asked: { readonly price?: string; readonly quantity?: string },
): { price: number; quantity: number } {
  const price = asked.price === undefined ? last.price : ticksOrRefuse(market, asked.price)
  const quantity = asked.quantity === undefined ? last.quantity : lotsOf(market, asked.quantity)
  const { lowestPrice, highestPrice, largestPosition } = market.config
  if (price < lowestPrice || price > highestPrice)
    throw new Refusal('market_value_invalid', `The price ${asked.price} lies outside the market’s bounds`)
  if (quantity === undefined || quantity < 1 || quantity > largestPosition)
    throw new Refusal(
      'market_value_invalid',
      `The quantity ${asked.quantity} is not a whole number of lots above zero, or too much`,
    )
  if (price === last.price && quantity === last.quantity)
    throw new Refusal('trade_unchanged', 'The trade is booked like this already')
  return { price, quantity }
}

function tell(
  unit: Unit,
  market: MarketRecord,
  { settlement, last }: CountingTrade,
  amendment: Amendment,
): Static<typeof AmendmentView> {
  const money = (minor: bigint): string => formatDecimal(minor, market.quoteExponent)
  const counted = (one: CountingTrade['last']) => ({
    price: priceOf(market, one.price),
    quantity: quantityOf(market, one.quantity),
    buyer_fee: money(one.buyerFee),
    seller_fee: money(one.sellerFee),
  })
  const view = {
    market: market.code,
    trade: String(settlement.number),
    version: amendment.version,
    kind: amendment.kind,
    ...counted(amendment),
    transaction: amendment.transaction ?? null,
  }
  const subject = `${market.code}/${settlement.number}`
  unit.changed({ subject, before: counted(last), after: view })
  unit.emit({
    type: amendment.kind === 'bust' ? 'exchange.trade.bust' : 'exchange.trade.corrected',
    subject,
    data: { ...view, reason: unit.context.reason ?? null },
  })
  return view
}
