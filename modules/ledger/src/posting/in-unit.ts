import { type Outcome, payloadHash, type Unit } from '@florin/kernel'
import type { Condition, Movements } from '../domain/instruction.ts'
import type { Transaction } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { applyOrders } from './apply.ts'
import { type Order, partId } from './order.ts'

/** A transaction that another module posts inside its own unit of work. */
export interface UnitTransaction extends Movements {
  /** Names it within the call, so that a repeat of the call finds the same transaction. */
  readonly key: string
  readonly conditions?: readonly Condition[]
  readonly reference?: string
  readonly description?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Epoch milliseconds; the booking time if absent. */
  readonly valueTime?: number
  /** Book it even below what a policy allows; the context must carry a reason. */
  readonly force?: boolean
}

/**
 * Posts transactions as part of the caller's unit: they commit or vanish with it. Takes the ledger's write lock until
 * the unit ends, so do it last. Each gets its own outcome; a caller that wants all or none throws the first refusal.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function postTransactions(
  unit: Unit,
  ledger: string,
  transactions: readonly UnitTransaction[],
): Promise<Outcome<Transaction>[]> {
  const head = await lockLedger(unit, ledger)
  const outcomes = await applyOrders(
    unit,
    head,
    transactions.map((transaction) => orderOf(unit, transaction)),
  )
  return outcomes.map((outcome) => {
    if ('refused' in outcome) return outcome
    if (outcome.done.transaction === undefined) throw new Error('A posted transaction is missing')
    return { done: outcome.done.transaction }
  })
}

function orderOf(unit: Unit, transaction: UnitTransaction): Order {
  const key = `${unit.callId}/${transaction.key}`
  const { postings, lines, conditions } = transaction
  return {
    id: partId(unit.context.actor.id, key),
    context: unit.context,
    idempotencyKey: key,
    payloadHash: payloadHash(transaction),
    instruction: { kind: 'transaction', postings, lines, conditions: conditions ?? [] },
    request: transaction,
    reference: transaction.reference,
    description: transaction.description,
    metadata: transaction.metadata,
    valueTime: transaction.valueTime,
    force: transaction.force,
  }
}
