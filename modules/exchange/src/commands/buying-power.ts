import { defineCommand, Refusal, requestId, type Unit } from '@florin/kernel'
import { lockBooks } from '@florin/ledger'
import { formatDecimal, MoneyError, parseDecimal } from '@florin/money'
import { setAccount } from '@florin/orderbook'
import { Money, strict } from '../schemas.ts'
import { allocate } from '../settlement/allocate.ts'
import { TransferView } from '../settlement/transfer-view.ts'
import { insertPolicy, openBlocks, policiesInForce } from '../store/holds.ts'
import type { MarketRecord } from '../store/markets.ts'
import { pendingTransfers } from '../store/transfers.ts'
import { ask } from './requests.ts'
import { askForTransfer, holdRefusals, noted, place, placeOf, placeRefusals } from './transfers.ts'

export const exampleRelease = requestId(
  'admin',
  'exchange.buying-power.release',
  'example-exchange.buying-power.release',
)

export const allocateBuyingPower = defineCommand({
  name: 'exchange.buying-power.allocate',
  summary: 'Give a trading account buying power on a market',
  description:
    'The amount is held on the account’s trading address in the ledger, and the market’s engine is told of it. On margin accounts it is the collateral.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/buying-power/{market}/allocate' },
  input: strict({ ...place, amount: Money }),
  output: TransferView,
  permission: 'exchange.buying-power.allocate',
  refusals: holdRefusals,
  example: {
    after: ['exchange.market.open', 'exchange.account.fund'],
    input: { account: 'alice', market: 'USDC-EUR', amount: '2000.00' },
  },
  async run(unit, input) {
    const { account, market } = await placeOf(unit, input)
    const amount = wholeAmount(market, input.amount)
    const [outcome] = await allocate(unit, market, [{ account, amount }])
    if (outcome instanceof Refusal) throw outcome
    if (outcome === undefined) throw new Error('The allocation has no outcome')
    return noted(unit, market, account, outcome)
  },
})

export const releaseBuyingPower = defineCommand({
  name: 'exchange.buying-power.release',
  summary: 'Take buying power of a trading account back from a market',
  description:
    'The market’s engine decides: what living orders and positions need is not given back. The amount is released in the ledger once the engine has agreed; `exchange.transfer.get` tells.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/buying-power/{market}/release' },
  input: strict({ ...place, amount: Money }),
  output: TransferView,
  permission: 'exchange.buying-power.release',
  refusals: [...placeRefusals, 'buying_power_insufficient'],
  example: {
    after: ['exchange.buying-power.allocate'],
    input: { account: 'alice', market: 'USDC-EUR', amount: '10.00' },
    refused: { buying_power_insufficient: { account: 'alice', market: 'USDC-EUR', amount: '1990.01' } },
  },
  async run(unit, input) {
    const { account, market } = await placeOf(unit, input)
    const amount = wholeAmount(market, input.amount)
    await checkHeld(unit, market, Number(account.id), amount)
    const value = -Number(amount / market.tickValue)
    const words = setAccount({ time: 0, account: Number(account.id), setting: 'cashChange', value })
    return askForTransfer(unit, market, account, words, { kind: 'release', amount, hold: undefined })
  },
})

export const setBuyingPower = defineCommand({
  name: 'exchange.buying-power.set',
  summary: 'Say how a trading account’s buying power on a market is topped up',
  description:
    'When less than `low` is free, so much more is held that `target` is, as far as the account has money. With a target of 0 nothing is done by itself; what is held stays until it is released.',
  http: { method: 'PUT', path: '/v1/exchange/accounts/{account}/buying-power/{market}' },
  input: strict({ ...place, low: Money, target: Money }),
  output: strict({ ...place, low: Money, target: Money }, { title: 'BuyingPowerPolicy' }),
  permission: 'exchange.buying-power.set',
  refusals: placeRefusals,
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { account: 'alice', market: 'USDC-EUR', low: '500.00', target: '2000.00' },
    refused: {
      market_value_invalid: { account: 'alice', market: 'USDC-EUR', low: '500.00', target: '100.00' },
    },
  },
  async run(unit, input) {
    const { account, market } = await placeOf(unit, input)
    const policy = {
      account: Number(account.id),
      low: minorAmount(market, input.low),
      target: minorAmount(market, input.target),
    }
    if (policy.low > policy.target)
      throw new Refusal('market_value_invalid', 'The low mark lies above the target')
    await lockBooks(unit, market.ledger)
    const [before] = await policiesInForce(unit.db, market.id, account.id)
    await insertPolicy(unit.db, market.id, policy, { at: unit.clock.now(), by: unit.context.actor.id })
    // Settlement looks at policies whenever the market moves.
    await ask(unit, market, [{ command: 'tick' }])
    const shown = (minor: bigint): string => formatDecimal(minor, market.quoteExponent)
    const view = { ...input, low: shown(policy.low), target: shown(policy.target) }
    unit.changed({
      subject: `${account.code} ${market.code}`,
      before: before === undefined ? null : { low: shown(before.low), target: shown(before.target) },
      after: { low: view.low, target: view.target },
    })
    return view
  },
})

/** More than is held is never in the engine, so it need not be asked. */
async function checkHeld(unit: Unit, market: MarketRecord, account: number, amount: bigint): Promise<void> {
  await lockBooks(unit, market.ledger)
  const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n)
  const held = sum((await openBlocks(unit.db, market.id, [account])).map(({ remaining }) => remaining))
  const going = sum(
    (await pendingTransfers(unit.db, market.id, [account]))
      .filter(({ kind }) => kind === 'release')
      .map((transfer) => transfer.amount),
  )
  if (amount > held - going)
    throw new Refusal(
      'buying_power_insufficient',
      `${formatDecimal(held - going, market.quoteExponent)} ${market.quote} are held for the market`,
      { held: formatDecimal(held, market.quoteExponent), asset: market.quote },
    )
}

/** Minor units of an amount above zero that the engine can count: whole ticks x lots. */
function wholeAmount(market: MarketRecord, amount: string): bigint {
  const minor = minorAmount(market, amount)
  if (minor === 0n || minor % market.tickValue !== 0n || minor / market.tickValue > 2n ** 50n)
    throw new Refusal(
      'market_value_invalid',
      `${amount} ${market.quote} is not a whole number of ${formatDecimal(market.tickValue, market.quoteExponent)} above zero, or too much`,
      { amount },
    )
  return minor
}

function minorAmount(market: MarketRecord, amount: string): bigint {
  try {
    return parseDecimal(amount, market.quoteExponent)
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error
    throw new Refusal('market_value_invalid', `${amount} ${market.quote}: ${error.message}`, { amount })
  }
}
