import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { bookOrders } from '@florin/ledger'
import { adjustPosition, type Side } from '@florin/orderbook'
import { lotsOf, quantityOf } from '../domain/units.ts'
import { AccountCode, MarketCode, Price, Quantity, strict } from '../schemas.ts'
import { placesOf } from '../settlement/places.ts'
import { newTransferView, TransferView } from '../settlement/transfer-view.ts'
import { type AccountRecord, findAccount } from '../store/accounts.ts'
import { enqueue } from '../store/inbox.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { insertTransfers, type Transfer } from '../store/transfers.ts'
import { checkAccountNumber } from './limits.ts'
import { ticksOrRefuse } from './requests.ts'

const fields = {
  account: AccountCode,
  market: MarketCode,
  quantity: Quantity,
  price: {
    ...Price,
    description: 'What a unit is valued at: the position’s cost, and its result, are counted by it',
  },
}
const known = ['trading_account_not_found', 'market_not_found', 'ledger_not_found', 'market_value_invalid']

export const depositPosition = defineCommand({
  name: 'exchange.position.deposit',
  summary: 'Bring instruments of a trading account into a market, where they can be sold',
  description:
    'They are held on the account’s trading address, and become its position once the market’s engine has taken them.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/positions/{market}/deposit' },
  input: strict(fields),
  output: TransferView,
  permission: 'exchange.position.deposit',
  refusals: [
    ...known,
    'chart_missing',
    'address_not_in_chart',
    'asset_not_allowed',
    'account_not_found',
    'account_closed',
    'account_frozen',
    'insufficient_funds',
    'limit_exceeded',
  ],
  example: {
    after: ['exchange.market.open', 'exchange.account.fund'],
    input: { account: 'alice', market: 'USDC-EUR', quantity: '100', price: '0.9250' },
  },
  async run(unit, input) {
    const { account, market, lots, price } = await asked(unit, input)
    const hold = await holdInstruments(unit, market, account, lots)
    return tell(unit, market, account, { kind: 'deposit', side: 'buy', lots, price, hold })
  },
})

export const withdrawPosition = defineCommand({
  name: 'exchange.position.withdraw',
  summary: 'Take instruments of a trading account out of a market',
  description:
    'The market’s engine decides: what open orders want to sell stays. They are on the trading address once it has agreed; `exchange.transfer.get` tells.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/positions/{market}/withdraw' },
  input: strict(fields),
  output: TransferView,
  permission: 'exchange.position.withdraw',
  refusals: known,
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { account: 'alice', market: 'USDC-EUR', quantity: '100', price: '0.9250' },
  },
  async run(unit, input) {
    const { account, market, lots, price } = await asked(unit, input)
    return tell(unit, market, account, { kind: 'withdraw', side: 'sell', lots, price, hold: undefined })
  },
})

async function asked(
  unit: Unit,
  input: { account: string; market: string; quantity: string; price: string },
) {
  const account = await findAccount(unit.db, input.account)
  const market = await findMarket(unit.db, input.market)
  checkAccountNumber(account, market)
  const lots = lotsOf(market, input.quantity)
  if (lots === undefined || lots < 1 || lots > market.config.largestPosition)
    throw new Refusal(
      'market_value_invalid',
      `${input.quantity} is not a whole number of lots of ${market.lot}, or more than a position can be`,
      { quantity: input.quantity, lot: market.lot },
    )
  const price = ticksOrRefuse(market, input.price)
  if (price < market.config.lowestPrice || price > market.config.highestPrice)
    throw new Refusal('market_value_invalid', `The price ${input.price} lies outside the market’s bounds`, {
      price: input.price,
    })
  return { account, market, lots, price }
}

async function holdInstruments(
  unit: Unit,
  market: MarketRecord,
  account: AccountRecord,
  lots: number,
): Promise<string> {
  const { trading, position } = placesOf(market, account)
  const [outcome] = await bookOrders(unit, market.ledger, [
    {
      kind: 'reserve',
      key: 'deposit',
      debit: trading,
      credit: position,
      amount: quantityOf(market, lots),
      asset: market.instrument,
      reference: `${market.code} deposit`,
    },
  ])
  if (outcome === undefined) throw new Error('The hold has no outcome')
  if ('refused' in outcome) throw outcome.refused
  return outcome.done.id
}

interface Asked {
  readonly kind: 'deposit' | 'withdraw'
  readonly side: Side
  readonly lots: number
  readonly price: number
  readonly hold: string | undefined
}

/** Tells the engine, and keeps what for. */
async function tell(
  unit: Unit,
  market: MarketRecord,
  account: AccountRecord,
  { kind, side, lots, price, hold }: Asked,
) {
  const number = Number(account.id)
  const words = adjustPosition({ time: 0, account: number, side, quantity: lots, price })
  const [inboxId] = await enqueue(unit, market, [{ words, account: number }])
  if (inboxId === undefined) throw new Error('The command was not queued')
  const transfer: Transfer = {
    id: unit.callId,
    account: number,
    kind,
    amount: BigInt(lots) * market.lotUnits,
    hold,
    inboxId,
    requestedAt: unit.clock.now(),
    requestedBy: unit.context.actor.id,
  }
  await insertTransfers(unit.db, market.id, [transfer])
  const view = newTransferView(market, account.code, transfer)
  unit.changed({ subject: `${account.code} ${market.code}`, before: null, after: view })
  return view
}
