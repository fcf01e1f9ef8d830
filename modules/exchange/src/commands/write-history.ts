import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { follow } from '../follower/follow.ts'
import { followingWorker } from '../follower/worker.ts'
import { historyCursor } from '../history/amend.ts'
import { HistoryBatch } from '../history/batch.ts'
import { writeBatch } from '../history/write.ts'
import { MarketCode, strict } from '../schemas.ts'
import { findMarket } from '../store/markets.ts'
import { Sequence } from '../wire/schemas.ts'

/** Commands of the journal in one unit. */
const commandsAtOnce = 20_000

export const writeHistory = defineCommand({
  name: 'exchange.history.write',
  summary: 'Write on the history of a market: orders, fills, candles',
  description: 'Done by a background role all the time. Goes on from where it ended the time before.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/history' },
  input: strict({ market: MarketCode }),
  output: strict(
    { market: MarketCode, read: Type.Integer({ minimum: 0 }), seq: Sequence },
    { title: 'HistoryWritten' },
  ),
  permission: 'exchange.history.write',
  refusals: ['market_not_found'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR' },
    refused: { market_not_found: { market: 'NONE-EUR' } },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const batch = new HistoryBatch()
    const { follower, read } = await follow(unit, market.id, historyCursor, commandsAtOnce, batch.visit)
    await writeBatch(unit.db, market.id, batch)
    return { market: market.code, read, seq: follower.seq }
  },
})

/** Writes the history of every market in which something happened. */
export const writeHistories = followingWorker({
  name: 'exchange.history.write',
  everyMs: 200,
  cursor: historyCursor,
  command: writeHistory,
})
