import type { Outcome, Recorded, Unit, View } from '@florin/kernel'
import { applyOrders, recordRefusals } from '../posting/apply.ts'
import type { Order } from '../posting/order.ts'
import { findRecorded } from '../posting/recorded.ts'
import type { Booked } from '../posting/views.ts'
import { balancesAsOf, currentBalances, pointInHistory } from '../store/balances.ts'
import { journalAfter } from '../store/engine-journal.ts'
import { findLedger, ledgerNotFound, lockLedgerOrNobodys } from '../store/head.ts'
import type { EngineOrder, EngineOutcome, PostingEngine } from './port.ts'

/** How the engine gets its transactions: the spine begins, commits, and writes what a unit emits. */
export interface Transactions {
  change<T>(work: (unit: Unit) => Promise<T>): Promise<T>
  read<T>(work: (view: View) => Promise<T>): Promise<T>
}

/** The books in PostgreSQL. One writer of a ledger at a time holds its head; all orders of a call are one transaction. */
export function postgresEngine(transactions: Transactions): PostingEngine {
  return {
    post: (ledger, orders) => transactions.change((unit) => post(unit, ledger, orders)),
    balances: (ledger, { prefix, seq }) =>
      transactions.read(async (view) => {
        const head = await findLedger(view, ledger)
        const point = await pointInHistory(view.db, head, { seq: seq?.toString() })
        return point.now
          ? currentBalances(view.db, head.id, { prefix }, point.at)
          : balancesAsOf(view.db, head.id, { prefix }, point.seq, point.at)
      }),
    journal: (ledger, after, limit) =>
      transactions.read(async (view) =>
        journalAfter(view.db, (await findLedger(view, ledger)).id, after, limit),
      ),
  }
}

async function post(unit: Unit, ledger: string, orders: readonly EngineOrder[]): Promise<EngineOutcome[]> {
  const head = await lockLedgerOrNobodys(unit, ledger)
  // Under the lock: nobody else records an outcome for these ids before this unit ends.
  const known = new Map(
    await findRecorded(
      unit.db,
      orders.map((order) => order.id),
    ),
  )
  const fresh = firstOfEach(orders.filter((order) => !known.has(order.id)))
  const asked = fresh.map((order) => orderOf(unit, order))
  const outcomes =
    head.name === ledger
      ? await applyOrders(unit, head, asked)
      : await refuseAll(() => recordRefusals(unit, head, asked, ledgerNotFound(ledger)), ledger, asked)
  const first = new Map<string, EngineOutcome>()
  for (const [i, order] of fresh.entries()) {
    const outcome = outcomes[i]
    if (outcome === undefined) throw new Error('An order has no outcome')
    known.set(order.id, { payloadHash: order.payloadHash, outcome })
    first.set(order.id, outcomeOf(outcome, false))
  }
  return orders.map((order) => answerOf(order, known, first))
}

async function refuseAll(
  record: () => Promise<void>,
  ledger: string,
  orders: readonly Order[],
): Promise<Outcome<Booked>[]> {
  await record()
  return orders.map(() => ({ refused: ledgerNotFound(ledger) }))
}

/** Of orders with one id the first; the others are repeats of it. */
function firstOfEach(orders: readonly EngineOrder[]): EngineOrder[] {
  const byId = new Map<string, EngineOrder>()
  for (const order of orders) if (!byId.has(order.id)) byId.set(order.id, order)
  return [...byId.values()]
}

/** The outcome of an order: its own, or that of the same order before. The first answer is taken out of `first`. */
function answerOf(
  order: EngineOrder,
  known: ReadonlyMap<string, Recorded<Booked>>,
  first: Map<string, EngineOutcome>,
): EngineOutcome {
  const recorded = known.get(order.id)
  if (recorded === undefined) throw new Error('An order has no outcome')
  if (!recorded.payloadHash.equals(order.payloadHash)) return { status: 'key_reused' }
  const own = first.get(order.id)
  first.delete(order.id)
  return own ?? outcomeOf(recorded.outcome, true)
}

function outcomeOf(outcome: Outcome<Booked>, replayed: boolean): EngineOutcome {
  if ('refused' in outcome) return { status: 'refused', code: outcome.refused.code, replayed }
  const { seq, bookedAt } = outcome.done.record
  return { status: 'booked', seq, bookedAt, replayed }
}

function orderOf(unit: Unit, order: EngineOrder): Order {
  return {
    id: order.id,
    context: {
      ...unit.context,
      actor: { id: order.caller, kind: 'key', permissions: [] },
      idempotencyKey: order.key,
      reason: order.reason,
    },
    idempotencyKey: order.key,
    payloadHash: order.payloadHash,
    instruction: order.instruction,
    request: order.instruction,
    reference: order.reference,
    valueTime: order.valueTime,
    force: order.force,
  }
}
