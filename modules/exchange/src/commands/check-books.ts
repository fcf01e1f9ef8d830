import { defineCommand, type Unit } from '@florin/kernel'
import { lockBooks } from '@florin/ledger'
import { Type } from 'typebox'
import { follow } from '../follower/follow.ts'
import { MarketCode, strict } from '../schemas.ts'
import { settlementCursor } from '../settlement/settle.ts'
import { tellBroken } from '../settlement/telling.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { checkState } from '../verification/state.ts'

const FindingView = strict(
  { check: Type.String(), subject: Type.String(), expected: Type.String(), found: Type.String() },
  { title: 'BooksFinding' },
)

export const checkBooks = defineCommand({
  name: 'exchange.books.check',
  summary: 'Compare a market’s engine with the ledger',
  description:
    'Positions, buying power, holds and clearing, as of the last command that is settled. What does not fit is told by the event `exchange.books.broken`. The background role `follower` does this by itself; `florin verify` also looks at every trade.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/check' },
  input: strict({ market: MarketCode }),
  output: strict(
    { market: MarketCode, up_to: Type.String(), findings: Type.Array(FindingView) },
    { title: 'CheckedBooks' },
  ),
  permission: 'exchange.books.check',
  refusals: ['market_not_found', 'ledger_not_found'],
  example: { after: ['exchange.fills.settle'], input: { market: 'USDC-EUR' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const { seq, findings } = await check(unit, market)
    if (findings.length > 0) {
      tellBroken(unit, market, findings)
      unit.changed({ subject: market.code, before: null, after: { findings } })
    }
    return { market: market.code, up_to: String(seq), findings: [...findings] }
  },
})

/** Nobody settles meanwhile, since the cursor is locked, and nobody books. */
async function check(unit: Unit, market: MarketRecord) {
  const { follower } = await follow(unit, market.id, settlementCursor, 0, () => undefined)
  await lockBooks(unit, market.ledger)
  return { seq: follower.seq, findings: await checkState(unit, market, follower.engine) }
}
