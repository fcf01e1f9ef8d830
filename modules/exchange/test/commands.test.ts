import { kernelModule } from '@florin/kernel'
import { testCommands, type World } from '@florin/kernel/testing'
import { ledgerModule } from '@florin/ledger'
import { changePhase, enterOrder } from '@florin/orderbook'
import { exchangeModule, findMarket } from '../src/index.ts'
import { createHost, runBy } from './lib/market.ts'

/** What the market's engine does with what the examples sent it, and a trade for those about trades. */
async function runMarket(world: World, name: string): Promise<void> {
  if (name !== 'exchange.market.phase') return
  const market = await findMarket(world.database, 'USDC-EUR')
  const host = createHost(world)
  const sequencer = await runBy(host, market)
  const order = { time: 0, account: 1, quantity: 1, price: 9_250 }
  await sequencer.submit(enterOrder({ ...order, side: 'sell' }))
  await sequencer.submit(enterOrder({ ...order, side: 'buy' }))
  await sequencer.submit(changePhase({ time: 0, phase: 'continuous' }))
  await host.stop()
}

testCommands({
  afterExample: runMarket,
  modules: [kernelModule, ledgerModule, exchangeModule],
  only: ['exchange'],
  mutable: [
    'exchange.sessions.closed_at',
    'exchange.heads',
    'exchange.cursors',
    'exchange.snapshots',
    'exchange.waiting',
    'exchange.blocks.remaining',
    'exchange.settlements.status',
    'exchange.settlements.transaction',
    'exchange.settlements.refusal',
    'exchange.settlements.settled_at',
    'exchange.traded_values.value',
    'exchange.candles',
    'exchange.logins',
    ...[
      'price',
      'stop',
      'quantity',
      'executed',
      'value',
      'leaves',
      'state',
      'reason',
      'changed_seq',
      'changed_at',
    ].map((column) => `exchange.orders.${column}`),
  ],
})
