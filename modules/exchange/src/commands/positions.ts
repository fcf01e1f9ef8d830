import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { bookOrders } from '@florin/ledger'
import { adjustPosition, type Side } from '@florin/orderbook'
import { lotsOf, quantityOf } from '../domain/units.ts'
import { Price, Quantity, strict } from '../schemas.ts'
import { placesOf } from '../settlement/places.ts'
import { TransferView } from '../settlement/transfer-view.ts'
import type { AccountRecord } from '../store/accounts.ts'
import type { MarketRecord } from '../store/markets.ts'
import { ticksOrRefuse } from './requests.ts'
import { askForTransfer, holdRefusals, place, placeOf, placeRefusals } from './transfers.ts'

const fields = {
  ...place,
  quantity: Quantity,
  price: {
    ...Price,
    description: 'What a unit is valued at: the position’s cost, and its result, are counted by it',
  },
}

export const depositPosition = defineCommand({
  name: 'exchange.position.deposit',
  summary: 'Bring instruments of a trading account into a market, where they can be sold',
  description:
    'They are held on the account’s trading address, and become its position once the market’s engine has taken them.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/positions/{market}/deposit' },
  input: strict(fields),
  output: TransferView,
  permission: 'exchange.position.deposit',
  refusals: holdRefusals,
  example: {
    after: ['exchange.market.open', 'exchange.account.fund'],
    input: { account: 'alice', market: 'USDC-EUR', quantity: '100', price: '0.9250' },
  },
  async run(unit, input) {
    const { account, market, lots, price } = await asked(unit, input)
    const hold = await holdInstruments(unit, market, account, lots)
    return adjust(unit, market, account, { kind: 'deposit', side: 'buy', lots, price, hold })
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
  refusals: placeRefusals,
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { account: 'alice', market: 'USDC-EUR', quantity: '100', price: '0.9250' },
  },
  async run(unit, input) {
    const { account, market, lots, price } = await asked(unit, input)
    return adjust(unit, market, account, { kind: 'withdraw', side: 'sell', lots, price, hold: undefined })
  },
})

async function asked(
  unit: Unit,
  input: { account: string; market: string; quantity: string; price: string },
) {
  const { account, market } = await placeOf(unit, input)
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

function adjust(
  unit: Unit,
  market: MarketRecord,
  account: AccountRecord,
  { kind, side, lots, price, hold }: Asked,
) {
  const words = adjustPosition({ time: 0, account: Number(account.id), side, quantity: lots, price })
  return askForTransfer(unit, market, account, words, { kind, amount: BigInt(lots) * market.lotUnits, hold })
}
