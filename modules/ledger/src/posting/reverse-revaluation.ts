import { payloadHash, type Unit } from '@florin/kernel'
import type { Transaction } from '../schemas.ts'
import type { LedgerHead } from '../store/head.ts'
import { dueRevaluations } from '../store/revaluations.ts'
import { applyOrders } from './apply.ts'
import { partId } from './order.ts'

/** Reversals of one call, at most: whole years of months that nobody reversed. */
const mostDue = 1_000

/**
 * Books the reversal of a revaluation's transaction on its day, linked to it both ways.
 * @throws Refusal that speaks against it
 */
export async function reverseOnItsDay(
  unit: Unit,
  ledger: LedgerHead,
  due: { readonly id: string; readonly transaction: string; readonly reverse_on: Date },
): Promise<Transaction> {
  const key = `${unit.callId}/reversal of ${due.id}`
  const request = { revaluation: due.id, transaction: due.transaction }
  const [outcome] = await applyOrders(unit, ledger, [
    {
      id: partId(unit.context.actor.id, key),
      context: unit.context,
      idempotencyKey: key,
      payloadHash: payloadHash(request),
      instruction: { kind: 'reversal', transaction: due.transaction },
      request,
      description: `Reversal of the revaluation ${due.id}`,
      valueTime: due.reverse_on.getTime(),
    },
  ])
  if (outcome === undefined) throw new Error('A reversal has no outcome')
  if ('refused' in outcome) throw outcome.refused
  if (outcome.done.transaction === undefined) throw new Error('A reversal booked nothing')
  return outcome.done.transaction
}

/** Reverses everything whose day has come, so that positions are carried at cost again before they are read. */
export async function reverseWhatIsDue(unit: Unit, ledger: LedgerHead): Promise<void> {
  const due = await dueRevaluations(unit.db, ledger.bookedAt, { ledgerId: ledger.id, limit: mostDue })
  for (const each of due) await reverseOnItsDay(unit, ledger, each)
}
