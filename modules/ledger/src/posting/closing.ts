import { payloadHash, type Unit } from '@florin/kernel'
import type { RequestedPosting } from '../domain/instruction.ts'
import { endOf, type Period } from '../domain/periods.ts'
import type { LedgerHead } from '../store/head.ts'
import { applyOrders } from './apply.ts'
import { type Order, partId } from './order.ts'

/** A closing entry: its postings, or what undoes those of an earlier one. */
export interface ClosingEntry {
  readonly postings: readonly RequestedPosting[]
  /** The id of the closing that is undone. */
  readonly undoes?: string
}

/**
 * Books closing entries in the last instant of the period, all or none, and gives their ids.
 *
 * @throws Refusal whatever speaks against opening the account for retained earnings
 */
export async function bookClosing(
  unit: Unit,
  ledger: LedgerHead,
  period: Period,
  entries: readonly ClosingEntry[],
): Promise<string[]> {
  const orders = entries.map((entry, i) => orderOf(unit, period, entry, i))
  for (const outcome of await applyOrders(unit, ledger, orders)) {
    if ('refused' in outcome) throw outcome.refused
  }
  return orders.map((order) => order.id)
}

function orderOf(unit: Unit, period: Period, { postings, undoes }: ClosingEntry, index: number): Order {
  const key = `${unit.callId}/${index}`
  const instruction = { kind: 'closing' as const, postings, transaction: undoes }
  return {
    id: partId(unit.context.actor.id, key),
    context: unit.context,
    idempotencyKey: key,
    payloadHash: payloadHash(instruction),
    instruction,
    request: instruction,
    description: `${undoes === undefined ? 'Closing' : 'Reopening'} of ${period.name}`,
    metadata: { period: period.name },
    valueTime: endOf(period.lastDay),
  }
}
