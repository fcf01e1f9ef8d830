import { type Context, type Outcome, payloadHash, systemActor, type Unit } from '@florin/kernel'
import {
  type DueForward,
  type EndedForward,
  insertForwardOutcomes,
  loadDueForwards,
  saveForwardDue,
} from '../store/forwards.ts'
import type { LedgerHead } from '../store/head.ts'
import { instant, sendAll } from '../store/rows.ts'
import { Batch } from './batch.ts'
import { type Order, partId } from './order.ts'
import { Loaded } from './surroundings.ts'
import type { Booked } from './views.ts'

/** Forwards that are loaded and booked together. */
const atOnce = 1_000

export interface BookedForwards {
  readonly booked: number
  readonly refused: number
}

/**
 * Books the forwards whose time has come, in the order of their times and then of their records, each as if it were
 * posted now. Whatever judges something on the ledger does this first, so that nothing is judged without them; where
 * nothing is due it costs one comparison. `most` ends it early, for a caller that judges nothing.
 */
export async function bookDueForwards(
  unit: Unit,
  ledger: LedgerHead,
  most = Number.POSITIVE_INFINITY,
): Promise<BookedForwards> {
  const sum = { booked: 0, refused: 0 }
  while (isDue(ledger) && sum.booked + sum.refused < most) {
    const due = await loadDueForwards(unit.db, ledger, atOnce)
    const orders = due.map((forward) => bookingOrder(unit.context, ledger, forward))
    const ended = due.length === 0 ? [] : await book(unit, ledger, due, orders)
    await sendAll(unit.db, insertForwardOutcomes(ledger.id, ended))
    for (const { status } of ended) sum[status === 'booked' ? 'booked' : 'refused']++
    await nextDue(unit, ledger)
  }
  return sum
}

/** The orders that book what is due, for a dry run; more than this many at one moment are left out of it. */
export async function dueOrders(
  view: Pick<Unit, 'db' | 'context'>,
  ledger: LedgerHead,
  most = 10_000,
): Promise<Order[]> {
  const due = await loadDueForwards(view.db, ledger, most)
  return due.map((forward) => bookingOrder(view.context, ledger, forward))
}

function isDue(ledger: LedgerHead): boolean {
  return ledger.forwardDue !== undefined && ledger.forwardDue <= ledger.bookedAt
}

async function book(
  unit: Unit,
  ledger: LedgerHead,
  due: readonly DueForward[],
  orders: readonly Order[],
): Promise<EndedForward[]> {
  const loaded = await Loaded.load(
    unit.db,
    ledger,
    orders.map((order) => order.instruction),
  )
  const batch = new Batch(unit, ledger, loaded)
  batch.expireHolds(new Set())
  // Every order makes one record, whatever comes of it.
  const before = ledger.seq
  const outcomes = await batch.applyAll(orders)
  return outcomes.flatMap((outcome, i) => {
    const forward = due[i]
    const order = orders[i]
    if (forward === undefined || order === undefined) return []
    tell(unit, ledger, forward, order, outcome)
    return [
      {
        seq: forward.seq,
        due: forward.due.getTime(),
        status: 'done' in outcome ? 'booked' : 'refused',
        endedAt: before + BigInt(i) + 1n,
      },
    ]
  })
}

const bookingActor = systemActor('worker')

function bookingOrder(unitContext: Context, ledger: LedgerHead, forward: DueForward): Order {
  const request = { ledger: ledger.name, forward: forward.id }
  const { postings, lines, conditions } = forward.request
  return {
    // Its own id, and the same whoever books it: it can't be booked twice.
    id: partId(bookingActor.id, forward.id),
    context: {
      ...unitContext,
      actor: bookingActor,
      reason: forward.reason ?? undefined,
      sourceIp: undefined,
    },
    idempotencyKey: forward.id,
    payloadHash: payloadHash(request),
    instruction: { kind: 'transaction', postings, lines, conditions, forward: forward.id },
    request,
    reference: forward.reference ?? undefined,
    description: forward.description ?? undefined,
    metadata: forward.metadata ?? undefined,
    valueTime: forward.due.getTime(),
    force: forward.forced,
  }
}

function tell(
  unit: Unit,
  ledger: LedgerHead,
  forward: DueForward,
  order: Order,
  outcome: Outcome<Booked>,
): void {
  const said = {
    ledger: ledger.name,
    forward: forward.id,
    due: instant(forward.due.getTime()),
    reference: forward.reference,
  }
  const subject = `${ledger.name}/${forward.id}`
  if ('done' in outcome) {
    unit.emit(
      { type: 'ledger.forward.booked', subject, data: { ...said, transaction: order.id } },
      order.context,
    )
    return
  }
  const { code, message, details } = outcome.refused
  unit.emit(
    { type: 'ledger.forward.refused', subject, data: { ...said, refusal: { code, message, details } } },
    order.context,
  )
}

async function nextDue(unit: Unit, ledger: LedgerHead): Promise<void> {
  const { text, values } = saveForwardDue(ledger)
  const [row] = await unit.db.query<{ forward_due: Date | null }>(text, values)
  ledger.forwardDue = row?.forward_due?.getTime()
}
