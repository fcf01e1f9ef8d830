import { kernelModule } from '@florin/kernel'
import { testCommands } from '@florin/kernel/testing'
import { ledgerModule } from '../src/index.ts'

testCommands({
  modules: [kernelModule, ledgerModule],
  only: ['ledger'],
  // Single columns of these may be overwritten; rights.test.ts says which, and tries the others.
  mutable: [
    'ledger.accounts',
    'ledger.balances',
    'ledger.heads',
    'ledger.holds',
    'ledger.dues',
    'ledger.value_days',
    'ledger.monitor_states',
    'ledger.safeguard_sums',
  ],
})
