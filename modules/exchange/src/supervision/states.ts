import { accountStateBit } from '@florin/orderbook'
import { moneyOf } from '../domain/units.ts'
import { reasonCode } from '../order-refusals.ts'
import { insertStates, sentByLiquidation } from '../store/account-states.ts'
import { accountsById } from '../store/accounts.ts'
import type { SeenState } from './observer.ts'
import type { Scene } from './scene.ts'

/** What is told of a bit that was set, and of one that was cleared. Margin calls tell of themselves. */
const events = [
  { bit: accountStateBit.halted, set: 'exchange.account.halted', cleared: 'exchange.account.released' },
  {
    bit: accountStateBit.reduceOnly,
    set: 'exchange.account.restricted',
    cleared: 'exchange.account.unrestricted',
  },
  { bit: accountStateBit.liquidation, set: 'exchange.liquidation.due', cleared: undefined },
] as const

/**
 * Records every change of an account's state and tells of it. What a liquidation switches off and on again for its own
 * orders is on record, but no news.
 */
export async function tellStates(scene: Scene, states: readonly SeenState[]): Promise<void> {
  const { unit, market } = scene
  if (states.length === 0) return
  await insertStates(unit.db, market.id, states)
  const accounts = await accountsById(
    unit.db,
    states.map(({ account }) => BigInt(account)),
  )
  const own = await sentByLiquidation(
    unit.db,
    market.id,
    states.map(({ seq }) => seq),
  )
  for (const seen of states) {
    const code = accounts.get(BigInt(seen.account))?.code ?? String(seen.account)
    for (const { bit, set, cleared } of events) {
      if (((seen.state ^ seen.previous) & bit) === 0) continue
      if (own.has(seen.seq) && bit === accountStateBit.halted && seen.cause === 0) continue
      const type = (seen.state & bit) !== 0 ? set : cleared
      if (type === undefined) continue
      unit.emit({
        type,
        subject: `${code} ${market.code}`,
        data: {
          market: market.code,
          account: code,
          seq: seen.seq,
          cause: seen.cause === 0 ? null : reasonCode(seen.cause),
          equity: moneyOf(market, seen.equity),
        },
      })
    }
  }
}
