import { type Outcome, payloadHash, type Unit } from '@florin/kernel'
import type { Condition, Instruction, Movements } from '../domain/instruction.ts'
import type { HoldStateView, Transaction } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { applyOrders } from './apply.ts'
import { identityId, type Order, partId } from './order.ts'

/** What every order of another module's unit may say of itself. */
interface UnitOrderDetails {
  /** Names it within the call, so that a repeat of the call finds the same record. */
  readonly key: string
  /**
   * Names it once and for all, whoever calls: a second order of this name can never be booked, in no unit. For what
   * happened once outside the ledger, such as a trade.
   */
  readonly identity?: string | undefined
  readonly reference?: string | undefined
  readonly description?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Epoch milliseconds; the booking time if absent. */
  readonly valueTime?: number | undefined
  /** Book it even below what a policy allows; the context must carry a reason, or `reason` be given. */
  readonly force?: boolean | undefined
  /** Why, where the caller gave no reason of its own. */
  readonly reason?: string | undefined
}

/** A transaction that another module posts inside its own unit of work. */
export interface UnitTransaction extends Movements, UnitOrderDetails {
  readonly conditions?: readonly Condition[]
  /**
   * Book what is owed already, whatever stands in the way of new business: frozen and closed accounts take it.
   * Only together with `force`; for modules alone, no caller can ask for it.
   */
  readonly owed?: boolean | undefined
}

/** What another module asks of holds and transactions inside its own unit of work. Amounts are decimal strings. */
export type UnitOrder =
  | ({ readonly kind: 'transaction' } & UnitTransaction)
  | ({
      readonly kind: 'reserve'
      readonly debit: string
      readonly credit: string
      readonly amount: string
      readonly asset: string
    } & UnitOrderDetails)
  | ({
      readonly kind: 'settle'
      readonly hold: string
      /** All that remains, if absent. */
      readonly amount?: string | undefined
      /** Other accounts than the hold's. */
      readonly debit?: string | undefined
      readonly credit?: string | undefined
      /** Release the rest. */
      readonly final?: boolean | undefined
    } & UnitOrderDetails)
  | ({
      readonly kind: 'release'
      readonly hold: string
      /** All that remains, if absent. */
      readonly amount?: string | undefined
    } & UnitOrderDetails)
  | ({ readonly kind: 'reverse'; readonly transaction: string } & UnitOrderDetails)
  | ({ readonly kind: 'correct'; readonly transaction: string } & Movements & UnitOrderDetails)

/** What an order came to: the record's id, and the transaction it booked or the hold it made or changed. */
export interface UnitBooked {
  readonly id: string
  readonly transaction: Transaction | undefined
  readonly hold: HoldStateView | undefined
}

/**
 * Folds transactions and orders on holds over the books, one after another, as part of the caller's unit: they commit
 * or vanish with it. Takes the ledger's write lock until the unit ends, so do it last. Each gets its own outcome; a
 * caller that wants all or none throws the first refusal.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function bookOrders(
  unit: Unit,
  ledger: string,
  orders: readonly UnitOrder[],
): Promise<Outcome<UnitBooked>[]> {
  const head = await lockLedger(unit, ledger)
  const outcomes = await applyOrders(
    unit,
    head,
    orders.map((order) => orderOf(unit, order)),
  )
  return outcomes.map((outcome) => {
    if ('refused' in outcome) return outcome
    const { done } = outcome
    return {
      done: {
        id: done.record.id,
        get transaction() {
          return done.transaction
        },
        hold: done.hold,
      },
    }
  })
}

/**
 * Takes the ledger's write lock until the unit ends: what is read from now on, nobody else's booking changes.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function lockBooks(unit: Unit, ledger: string): Promise<void> {
  await lockLedger(unit, ledger)
}

/**
 * Posts transactions as part of the caller's unit, as {@link bookOrders} does.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function postTransactions(
  unit: Unit,
  ledger: string,
  transactions: readonly UnitTransaction[],
): Promise<Outcome<Transaction>[]> {
  const orders = transactions.map((transaction): UnitOrder => ({ kind: 'transaction', ...transaction }))
  return (await bookOrders(unit, ledger, orders)).map((outcome) => {
    if ('refused' in outcome) return outcome
    if (outcome.done.transaction === undefined) throw new Error('A posted transaction is missing')
    return { done: outcome.done.transaction }
  })
}

function orderOf(unit: Unit, order: UnitOrder): Order {
  const { identity } = order
  const key = identity ?? `${unit.callId}/${order.key}`
  const { context } = unit
  return {
    id: identity === undefined ? partId(context.actor.id, key) : identityId(identity),
    context: { ...context, reason: context.reason ?? order.reason },
    idempotencyKey: key,
    payloadHash: payloadHash(order),
    instruction: instructionOf(order),
    request: order,
    reference: order.reference,
    description: order.description,
    metadata: order.metadata,
    valueTime: order.valueTime,
    force: order.force,
  }
}

function instructionOf(order: UnitOrder): Instruction {
  switch (order.kind) {
    case 'transaction': {
      const { postings, lines, conditions = [], owed = false } = order
      return { kind: 'transaction', postings, lines, conditions, owed: owed && order.force === true }
    }
    case 'reserve': {
      const { debit, credit, amount, asset } = order
      return { kind: 'hold', debit, credit, amount, asset, expiresAt: undefined }
    }
    case 'settle': {
      const { hold, amount, debit, credit, final = false } = order
      return { kind: 'settlement', hold, amount, debit, credit, final }
    }
    case 'release':
      return { kind: 'release', hold: order.hold, amount: order.amount }
    case 'reverse':
      return { kind: 'reversal', transaction: order.transaction }
    case 'correct':
      return {
        kind: 'correction',
        transaction: order.transaction,
        postings: order.postings,
        lines: order.lines,
      }
  }
}
