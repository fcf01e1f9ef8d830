import { defineList, defineQuery, integerKey, NullableTime, Refusal, Uuid } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { Type } from 'typebox'
import { exampleTrade, TradeNumber } from '../commands/amend-trade.ts'
import { exampleRelease } from '../commands/buying-power.ts'
import { SettlementState } from '../commands/settlements.ts'
import { isoOfMicros } from '../domain/micros.ts'
import { minorOf, priceOf, quantityOf } from '../domain/units.ts'
import { AccountCode, MarketCode, Money, Price, Quantity, strict } from '../schemas.ts'
import { known } from '../settlement/places.ts'
import { TransferView, transferView } from '../settlement/transfer-view.ts'
import { type AccountRecord, accountsById, findAccount } from '../store/accounts.ts'
import { type Amendment, lastAmendments } from '../store/amendments.ts'
import { openBlocks, policiesInForce } from '../store/holds.ts'
import { findMarket, type MarketRecord, marketOf } from '../store/markets.ts'
import { listSettlements as findSettlements, type Settlement } from '../store/settlements.ts'
import { findTransfer, pendingTransfers, type TransferKind } from '../store/transfers.ts'

const Decimal = Type.String({ description: 'Decimal, in the quote' })
const SettlementView = strict(
  {
    market: MarketCode,
    trade: TradeNumber,
    seq: Type.String({ description: 'Number of the command that traded' }),
    traded_at: Type.String({ description: 'ISO 8601, to the microsecond' }),
    buyer: AccountCode,
    seller: AccountCode,
    resting: Type.Enum(['buyer', 'seller', 'auction'], { description: 'Whose order rested' }),
    price: Price,
    quantity: Quantity,
    value: { ...Money, description: 'Price times quantity, exact' },
    buyer_fee: { ...Decimal, description: 'Below zero it is paid to the account' },
    seller_fee: Decimal,
    status: SettlementState,
    transaction: Type.Union([Uuid, Type.Null()], { description: 'In the ledger' }),
    refusal: Type.Union([Type.String(), Type.Null()], { description: 'Why the ledger refused it' }),
    due: Type.String({ description: 'Settlement day' }),
    settled_at: NullableTime,
    amendments: Type.Integer({ description: 'How often it was bust or corrected; the figures are the last' }),
  },
  { title: 'TradeSettlement' },
)

export const listSettlements = defineList({
  name: 'exchange.settlement.list',
  summary: 'List the trades of a market as they are in the ledger',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/settlements' },
  input: strict({
    market: MarketCode,
    account: Type.Optional({ ...AccountCode, description: 'That bought or sold' }),
    status: Type.Optional(SettlementState),
  }),
  item: SettlementView,
  grows: true,
  permission: 'exchange.settlement.list',
  refusals: ['market_not_found', 'trading_account_not_found'],
  example: { after: exampleTrade, input: { market: 'USDC-EUR' } },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const account = input.account === undefined ? undefined : (await findAccount(view.db, input.account)).id
    const found = await findSettlements(
      view.db,
      market.id,
      { account, status: input.status },
      Number(integerKey(page, 0) ?? 0),
      page.fetch,
    )
    const numbers = found.map(({ number }) => number)
    const amendments = await lastAmendments(view.db, market.id, numbers)
    const accounts = await accountsById(
      view.db,
      found.flatMap(({ buyer, seller }) => [BigInt(buyer), BigInt(seller)]),
    )
    return {
      rows: found.map((one) => ({
        key: [String(one.number)],
        item: settlementView(market, accounts, one, amendments.get(one.number)),
      })),
    }
  },
})

function settlementView(
  market: MarketRecord,
  accounts: ReadonlyMap<bigint, AccountRecord>,
  settlement: Settlement,
  amendment: Amendment | undefined,
) {
  const { price, quantity, buyerFee, sellerFee } = amendment ?? settlement
  const money = (minor: bigint): string => formatDecimal(minor, market.quoteExponent)
  return {
    market: market.code,
    trade: String(settlement.number),
    seq: String(settlement.seq),
    traded_at: isoOfMicros(settlement.timeUs),
    buyer: known(accounts, settlement.buyer).code,
    seller: known(accounts, settlement.seller).code,
    resting: settlement.resting,
    price: priceOf(market, price),
    quantity: quantityOf(market, quantity),
    value: money(minorOf(market, BigInt(price) * BigInt(quantity))),
    buyer_fee: money(buyerFee),
    seller_fee: money(sellerFee),
    status: settlement.status,
    transaction: settlement.transaction ?? null,
    refusal: settlement.refusal?.message ?? null,
    due: settlement.due,
    settled_at: settlement.settledAt === undefined ? null : new Date(settlement.settledAt).toISOString(),
    amendments: amendment?.version ?? 0,
  }
}

export const getTransfer = defineQuery({
  name: 'exchange.transfer.get',
  summary: 'Show what became of buying power or instruments on their way into a market or out of it',
  http: { method: 'GET', path: '/v1/exchange/transfers/{transfer}' },
  input: strict({ transfer: Uuid }),
  output: TransferView,
  permission: 'exchange.transfer.get',
  refusals: ['transfer_not_found'],
  example: {
    after: ['exchange.buying-power.release'],
    input: { transfer: exampleRelease },
  },
  async run(view, input) {
    const transfer = await findTransfer(view.db, input.transfer)
    if (transfer === undefined)
      throw new Refusal('transfer_not_found', `There is no transfer ${input.transfer}`, {
        transfer: input.transfer,
      })
    const market = await marketOf(view.db, transfer.marketId)
    const accounts = await accountsById(view.db, [BigInt(transfer.account)])
    return transferView(market, known(accounts, transfer.account).code, transfer)
  },
})

export const getBuyingPower = defineQuery({
  name: 'exchange.buying-power.get',
  summary: 'Show what a trading account has to buy with on a market',
  description:
    'As of the last command that is settled. Of what is held, living orders have reserved some: the market knows how much.',
  http: { method: 'GET', path: '/v1/exchange/accounts/{account}/buying-power/{market}' },
  input: strict({ account: AccountCode, market: MarketCode }),
  output: strict(
    {
      account: AccountCode,
      market: MarketCode,
      held: { ...Money, description: 'On the trading account in the ledger, for this market' },
      coming: { ...Money, description: 'Of that, what the market has not confirmed yet' },
      going: { ...Money, description: 'Asked back, and not confirmed yet' },
      low: { ...Money, description: 'Topped up by itself when less is free' },
      target: { ...Money, description: 'Up to this; 0: not by itself' },
    },
    { title: 'BuyingPower' },
  ),
  permission: 'exchange.buying-power.get',
  refusals: ['trading_account_not_found', 'market_not_found'],
  example: {
    after: ['exchange.buying-power.allocate'],
    input: { account: 'alice', market: 'USDC-EUR' },
  },
  async run(view, input) {
    const account = await findAccount(view.db, input.account)
    const market = await findMarket(view.db, input.market)
    const number = Number(account.id)
    const blocks = await openBlocks(view.db, market.id, [number])
    const pending = await pendingTransfers(view.db, market.id, [number])
    const [policy] = await policiesInForce(view.db, market.id, account.id)
    const show = (minor: bigint): string => formatDecimal(minor, market.quoteExponent)
    const sum = (kind: TransferKind): bigint =>
      pending.filter((one) => one.kind === kind).reduce((total, { amount }) => total + amount, 0n)
    return {
      ...input,
      held: show(blocks.reduce((total, { remaining }) => total + remaining, 0n)),
      coming: show(sum('allocate')),
      going: show(sum('release')),
      low: show(policy?.low ?? 0n),
      target: show(policy?.target ?? 0n),
    }
  },
})
