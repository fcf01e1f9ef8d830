import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { MarketCode, strict } from '../schemas.ts'
import { settleMarket } from '../settlement/settle.ts'
import { findMarket } from '../store/markets.ts'

/** Commands of a market that are settled in one unit. */
const commandsAtOnce = 4_000

export const settleFills = defineCommand({
  name: 'exchange.fills.settle',
  summary: 'Settle into the ledger what a market did since the last time',
  description:
    'Every trade becomes one transaction: money, instrument and fees. The background role `follower` does this by itself.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/settle' },
  input: strict({ market: MarketCode }),
  output: strict(
    {
      market: MarketCode,
      commands: Type.Integer({ description: 'Commands of the market that were looked at' }),
      trades: Type.Integer(),
      forced: Type.Integer({ description: 'Booked although the ledger refused them at first' }),
      refused: Type.Integer({ description: 'Could not be booked: see exchange.settlement.list' }),
      up_to: Type.String({ description: 'Number of the last command that is settled' }),
    },
    { title: 'SettledFills' },
  ),
  permission: 'exchange.fills.settle',
  refusals: ['market_not_found', 'ledger_not_found'],
  example: {
    after: [
      'exchange.account.limits.set',
      'exchange.buying-power.allocate',
      'exchange.position.deposit',
      'exchange.market.reference',
      'exchange.market.phase',
    ],
    input: { market: 'USDC-EUR' },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const { upTo, ...counts } = await settleMarket(unit, market, commandsAtOnce)
    const settled = { ...counts, up_to: String(upTo) }
    if (counts.commands > 0) unit.changed({ subject: market.code, before: null, after: settled })
    return { market: market.code, ...settled }
  },
})
