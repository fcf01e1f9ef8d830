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
      'alarm_us',
      'mark',
      'mark_seq',
      'moved_seq',
      'mark_asked_us',
      'opening_us',
      'steps_used',
      'steps_version',
    ].map((column) => `exchange.watches.${column}`),
    ...['deadline_us', 'mark', 'equity', 'amount', 'ended_seq', 'ended_us', 'outcome'].map(
      (column) => `exchange.margin_calls.${column}`,
    ),
    ...['rounds', 'next_us', 'ended_seq', 'ended_us', 'outcome'].map(
      (column) => `exchange.liquidations.${column}`,
    ),
    ...['seq', 'reason', 'executed', 'value'].map((column) => `exchange.liquidation_orders.${column}`),
    ...['state', 'halted_seq', 'reopens_us', 'withheld', 'ended_seq', 'ended_us', 'outcome'].map(
      (column) => `exchange.halts.${column}`,
    ),
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
