import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { MarketCode, strict } from '../schemas.ts'
import { readHead, unstop } from '../store/heads.ts'
import { findMarket } from '../store/markets.ts'
import { demandReason } from './requests.ts'

export const resumeMarket = defineCommand({
  name: 'exchange.market.resume',
  summary: 'Let a market be run again that was stopped because its journal and its state differed',
  description:
    'It stops again where the cause was not removed: what is journalled is replayed and compared before anything goes on.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/resume' },
  input: strict({ market: MarketCode }),
  output: strict(
    {
      market: MarketCode,
      stopped: Type.Union([Type.String(), Type.Null()], {
        description: 'Why it had been stopped; null: it was not',
      }),
    },
    { title: 'ResumedMarket' },
  ),
  permission: 'exchange.market.resume',
  refusals: ['market_not_found', 'reason_required'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR' },
    reason: 'The disk was replaced',
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'A stopped market is resumed only for a reason')
    const { stopped = null } = await readHead(unit.db, market.id)
    if (stopped !== null) await unstop(unit.db, market.id)
    unit.changed({ subject: market.code, before: { stopped }, after: { stopped: null } })
    return { market: market.code, stopped }
  },
})
