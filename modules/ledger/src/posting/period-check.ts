import { allows } from '@florin/kernel'
import { type Calendar, checkValueTime } from '../domain/periods.ts'
import type { Order } from './order.ts'

/** Who has it may post into periods that are closed softly. */
const softPermission = 'ledger.period.post'

/**
 * Whether the order may be booked with the value time it names. Without one it gets the booking time, and a period
 * that is closed is over. Closings are what closes it.
 *
 * @throws Refusal `period_closed`
 */
export function checkPeriod(calendar: Calendar, order: Order): void {
  const { valueTime, instruction, context } = order
  if (valueTime === undefined || valueTime > calendar.closedUntil || instruction.kind === 'closing') return
  checkValueTime(calendar, valueTime, allows(context.actor, softPermission))
}
