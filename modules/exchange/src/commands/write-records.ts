import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { followingWorker } from '../follower/worker.ts'
import { recordMarket, recordsCursor } from '../records/write.ts'
import { MarketCode, strict } from '../schemas.ts'
import { findMarket } from '../store/markets.ts'

/** Commands of a market that are recorded in one unit. */
const commandsAtOnce = 20_000

export const writeRecords = defineCommand({
  name: 'exchange.records.write',
  summary: 'Record for regulators what happened to the orders of a market since the last time',
  description: 'The background role `follower` does this by itself.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/records' },
  input: strict({ market: MarketCode }),
  output: strict(
    {
      market: MarketCode,
      commands: Type.Integer({ description: 'Commands of the market that were looked at' }),
      events: Type.Integer({ description: 'Events of orders that were recorded' }),
      up_to: Type.String({ description: 'Number of the last command that is recorded' }),
    },
    { title: 'WrittenRecords' },
  ),
  permission: 'exchange.records.write',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const { upTo, ...counts } = await recordMarket(unit, market, commandsAtOnce)
    const recorded = { ...counts, up_to: String(upTo) }
    if (counts.commands > 0) unit.changed({ subject: market.code, before: null, after: recorded })
    return { market: market.code, ...recorded }
  },
})

/** Keeps the records of every market up to date. */
export const keepRecords = followingWorker({
  name: 'exchange.records.keep',
  everyMs: 500,
  cursor: recordsCursor,
  command: writeRecords,
})
