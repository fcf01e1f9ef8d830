import type { Finding, View } from '@florin/kernel'
import type { Trade } from '../domain/trades.ts'
import { readCursor } from '../follower/follow.ts'
import { Follower } from '../follower/follower.ts'
import { JournalBroken, RulesDiffer } from '../follower/replay.ts'
import { Collector } from '../settlement/collector.ts'
import { settlementCursor } from '../settlement/settle.ts'
import { listMarkets, type MarketRecord } from '../store/markets.ts'
import { countSettlements } from '../store/settlements.ts'
import { checkState } from './state.ts'
import { checkTrades } from './trades.ts'

/** Commands that are replayed between two looks at the ledger. */
const commandsAtOnce = 20_000

/**
 * The exchange's part of `florin verify`: replays every market from its first command to where settlement has come, and
 * compares each trade and what is left in the end with the ledger. An empty answer says that the books hold. What other
 * versions of the rules carried out is taken from the snapshot that this one began with: its trades are not compared.
 */
export async function verifyExchange(
  view: View,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<readonly Finding[]> {
  const markets = await Promise.all(
    (await listMarkets(view.db)).map(async (market) => ({
      market,
      upTo: await readCursor(view.db, market.id, settlementCursor),
    })),
  )
  const steps = markets.reduce((sum, { upTo }) => sum + upTo, 0)
  const findings: Finding[] = []
  let done = 0
  for (const { market, upTo } of markets) {
    const before = done
    findings.push(...(await verifyMarket(view, market, upTo, (step) => progress(before + step, steps))))
    done += upTo
  }
  return findings
}

async function verifyMarket(
  view: View,
  market: MarketRecord,
  upTo: number,
  progress: (step: number) => void,
): Promise<Finding[]> {
  const findings: Finding[] = []
  let follower: Follower
  let first: number
  let trades = 0
  try {
    follower = await Follower.fromFirstOfRules(view.db, market)
    first = follower.seq
    while (follower.seq < upTo) {
      const read = await readTrades(view, follower, Math.min(commandsAtOnce, upTo - follower.seq))
      trades += read.length
      findings.push(...(await checkTrades(view, market, read)))
      progress(follower.seq)
    }
  } catch (error) {
    if (!(error instanceof JournalBroken || error instanceof RulesDiffer)) throw error
    return [
      ...findings,
      { check: 'exchange.journal', subject: market.code, expected: 'a whole journal', found: error.message },
    ]
  }
  const settled = await countSettlements(view.db, market.id, first)
  if (settled !== trades)
    findings.push({
      check: 'exchange.trades',
      subject: market.code,
      expected: `${trades} settlements`,
      found: String(settled),
    })
  return [...findings, ...(await checkState(view, market, follower.engine))]
}

/** @throws JournalBroken also where the journal ends before it should */
async function readTrades(view: View, follower: Follower, commands: number): Promise<readonly Trade[]> {
  const seen = new Collector()
  const read = await follower.read(view.db, commands, seen.visit)
  if (read < commands) throw new JournalBroken(`The journal ends at ${follower.seq}, before what is settled`)
  return seen.trades
}
