import type { View, Worker } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'
import { checkBooks } from './commands/check-books.ts'
import { settleFills } from './commands/settle-fills.ts'
import { completeSettlements } from './commands/settlements.ts'
import { followingWorker } from './follower/worker.ts'
import { settlementCursor } from './settlement/settle.ts'

/** Settles what markets did, shortly after they did it. */
export const settleMarkets = followingWorker({
  name: 'exchange.fills.settle',
  everyMs: 100,
  cursor: settlementCursor,
  command: settleFills,
})

/** Records in the ledger, on their day, that trades settled. */
export const completeDue: Worker = {
  name: 'exchange.settlements.complete',
  role: 'follower',
  everyMs: 60_000,
  async run({ view, context, execute }) {
    const now = view.clock.now()
    const due = await view.db.query<{ code: string; trade: bigint }>(
      `SELECT m.code, d.trade FROM exchange.markets m JOIN LATERAL (
         SELECT trade FROM exchange.settlements s
         WHERE s.market_id = m.id AND s.due <= (to_timestamp($1 / 1000.0) AT TIME ZONE 'UTC')::date AND s.settled_at IS NULL
           AND s.status IN ('booked', 'forced') ORDER BY s.due, s.trade LIMIT 1
       ) d ON true ORDER BY m.code`,
      [now],
    )
    for (const { code, trade } of due)
      await execute(completeSettlements, { market: code }, context(`${code}/${trade}/${now}`))
    return due.length
  },
}

/** Compares engines and ledger, as long as markets run. */
export const checkMarkets: Worker = {
  name: 'exchange.books.check',
  role: 'follower',
  everyMs: 60_000,
  async run({ view, context, execute }) {
    for (const code of await runningMarkets(view))
      await execute(checkBooks, { market: code }, context(`${code}/${view.clock.now()}`))
    return 0
  },
}

async function runningMarkets(view: View): Promise<string[]> {
  const rows = await view.db.query<{ code: string }>(
    `SELECT m.code FROM exchange.heads h JOIN exchange.markets m ON m.id = h.market_id
     WHERE h.stopped IS NULL AND h.rules = $1 AND h.last_seq > 0 ORDER BY m.code`,
    [rulesVersion],
  )
  return rows.map(({ code }) => code)
}
