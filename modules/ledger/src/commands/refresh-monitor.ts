import { defineCommand } from '@florin/kernel'
import { parseDecimal } from '@florin/money'
import { Type } from 'typebox'
import { clearCalm } from '../posting/calming.ts'
import { LedgerName, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { monitorOf } from '../store/watches.ts'
import { WatchName } from '../watch-schemas.ts'
import { exponentOf, inForce } from './watch.ts'

export const refreshMonitor = defineCommand({
  name: 'ledger.monitor.refresh',
  summary: 'Clear a monitor of changes within a window where the window has passed them',
  description:
    'Time alone clears such a monitor. The background role `worker` does this by itself; for other monitors there is nothing to do.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/monitors/{monitor}/refresh' },
  input: strict({ ledger: LedgerName, monitor: WatchName }),
  output: strict({ ledger: LedgerName, monitor: WatchName, cleared: Type.Integer() }),
  permission: 'ledger.monitor.refresh',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: {
    after: ['ledger.monitor.set'],
    input: { ledger: 'demo', monitor: 'low-wallet' },
    refused: { watch_not_found: { ledger: 'demo', monitor: 'none' } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const set = await inForce(unit.db, ledger.id, 'monitor', input.monitor)
    const exponent = await exponentOf(unit.db, set.rule.asset)
    const monitor = monitorOf(set, (text) => parseDecimal(text, exponent))
    const cleared = monitor.windowSeconds === undefined ? 0 : await clearCalm(unit, ledger, monitor)
    return { ledger: input.ledger, monitor: input.monitor, cleared }
  },
})
