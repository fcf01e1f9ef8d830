import type { Worker } from '@florin/kernel'
import { advanceSchedule, businessDays, isDue } from './commands/schedule.ts'
import { scheduledMarkets } from './store/schedules.ts'

/** Moves markets through the phases of their day, on time. */
export const movePhases: Worker = {
  name: 'exchange.phases.move',
  role: 'exchange',
  everyMs: 250,
  async run({ view, context, execute }) {
    const now = view.clock.now()
    let moved = 0
    for (const { market, ledger, mark, ...schedule } of await scheduledMarkets(view.db)) {
      if (!isDue(schedule, await businessDays(view.db, ledger), mark, now)) continue
      await execute(advanceSchedule, { market }, context(`${market}/${now}`))
      moved++
    }
    return moved
  },
}
