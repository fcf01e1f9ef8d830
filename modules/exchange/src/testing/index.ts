import { type Clock, createLog, type Database } from '@florin/kernel'
import { changePhase, enterOrder } from '@florin/orderbook'
import { microsecondClock } from '../sequencer/clock.ts'
import { MarketHost } from '../sequencer/host.ts'
import { findMarket } from '../store/markets.ts'

/**
 * What a market's engine does with what the examples sent to it, to be called after each example. After the one that
 * opens the auction it also trades there, so that examples about trades have one.
 */
export async function afterExample(
  world: { readonly database: Database; readonly clock: Clock },
  name: string,
): Promise<void> {
  if (name !== 'exchange.market.phase') return
  let elapsed = 0
  const host = new MarketHost({
    database: world.database,
    log: createLog('silent'),
    clock: microsecondClock(world.clock, () => elapsed++, 'test clock'),
    elapsedMs: () => elapsed,
    owner: 'examples',
    address: undefined,
  })
  await host.round()
  await host.settled()
  const sequencer = host.sequencer((await findMarket(world.database, 'USDC-EUR')).id)
  if (sequencer === undefined) throw new Error('The market of the examples is not run')
  const order = { time: 0, account: 1, quantity: 1, price: 9_250 }
  await sequencer.submit(enterOrder({ ...order, side: 'sell' }))
  await sequencer.submit(enterOrder({ ...order, side: 'buy' }))
  await sequencer.submit(changePhase({ time: 0, phase: 'continuous' }))
  await host.stop()
}
