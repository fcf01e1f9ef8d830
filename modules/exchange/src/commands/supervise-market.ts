import { defineCommand, type Worker } from '@florin/kernel'
import { Type } from 'typebox'
import { MarketCode, strict } from '../schemas.ts'
import { findMarket } from '../store/markets.ts'
import { dueMarkets } from '../store/watches.ts'
import { superviseMarket as supervise, supervisionCursor } from '../supervision/supervise.ts'

/** Commands of a market that are looked at in one unit. */
const commandsAtOnce = 20_000

const count = (description: string) => Type.Integer({ minimum: 0, description })

export const superviseMarket = defineCommand({
  name: 'exchange.market.supervise',
  summary: 'Act on what a market’s engine found out since the last time',
  description:
    'Records changes of accounts’ states, makes margin calls, liquidates, halts and reopens, and sets marks, as the market’s policies say. The background role `exchange` does this by itself.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/supervise' },
  input: strict({ market: MarketCode }),
  output: strict(
    {
      market: MarketCode,
      commands: count('Commands of the market that were looked at'),
      states: count('Changes of accounts’ states'),
      calls: count('Margin calls that were made or ended'),
      orders: count('Orders of liquidations that were sent'),
      phases: count('Changes of phase that were sent'),
      marks: count('Marks that were sent'),
      up_to: Type.String({ description: 'Number of the last command that was looked at' }),
    },
    { title: 'SupervisedMarket' },
  ),
  permission: 'exchange.market.supervise',
  refusals: ['market_not_found'],
  example: {
    after: [
      'exchange.account.limits.set',
      'exchange.buying-power.allocate',
      'exchange.position.deposit',
      'exchange.market.reference',
      'exchange.marking.set',
      'exchange.market.phase',
    ],
    input: { market: 'USDC-EUR' },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const { upTo, ...counts } = await supervise(unit, market, commandsAtOnce)
    const { commands: _read, ...acted } = counts
    if (Object.values(acted).some((number) => number > 0))
      unit.changed({ subject: market.code, before: null, after: { ...acted, up_to: String(upTo) } })
    return { market: market.code, ...counts, up_to: String(upTo) }
  },
})

/** Supervises every market whose journal goes on, or whose time has come. */
export const superviseMarkets: Worker = {
  name: 'exchange.market.supervise',
  role: 'exchange',
  everyMs: 100,
  async run({ view, context, execute }) {
    const now = view.clock.now()
    const due = await dueMarkets(view.db, supervisionCursor, now * 1_000)
    for (const { code, seq, behind } of due)
      await execute(
        superviseMarket,
        { market: code },
        context(behind ? `${code}/${seq}` : `${code}/${seq}/${now}`),
      )
    // What only waits for its time is not called again at once.
    return due.filter(({ behind }) => behind).length
  },
}
