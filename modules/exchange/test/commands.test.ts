import { kernelModule } from '@florin/kernel'
import { testCommands } from '@florin/kernel/testing'
import { ledgerModule } from '@florin/ledger'
import { exchangeModule } from '../src/index.ts'
import { afterExample } from '../src/testing/index.ts'

testCommands({
  afterExample,
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
