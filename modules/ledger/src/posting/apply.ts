import type { Outcome, Refusal, Unit, View } from '@florin/kernel'
import type { BookAccount } from '../domain/book.ts'
import type { LedgerHead } from '../store/head.ts'
import { Batch } from './batch.ts'
import { bookDueForwards, dueOrders } from './due-forwards.ts'
import type { LimitUse } from './limiting.ts'
import type { Order } from './order.ts'
import { Loaded, type Place } from './surroundings.ts'
import type { Booked } from './views.ts'

/**
 * Applies orders to a ledger under its lock, one after another, and records what came of each: the effects of those
 * that could be booked, the refusal of the others. A fixed number of statements, however many orders there are.
 */
export async function applyOrders(
  unit: Unit,
  ledger: LedgerHead,
  orders: readonly Order[],
): Promise<Outcome<Booked>[]> {
  await bookDueForwards(unit, ledger)
  const loaded = await Loaded.load(
    unit.db,
    ledger,
    orders.map((order) => order.instruction),
  )
  const batch = new Batch(unit, ledger, loaded)
  batch.expireHolds(
    new Set(orders.flatMap(({ instruction }) => (instruction.kind === 'expiry' ? [instruction.hold] : []))),
  )
  return batch.applyAll(orders)
}

/** Records that holds on these accounts have expired, so that what is read next is what still holds. */
export async function expireDueHolds(
  unit: Unit,
  ledger: LedgerHead,
  places: readonly Place[],
): Promise<void> {
  await bookDueForwards(unit, ledger)
  const batch = new Batch(unit, ledger, await Loaded.load(unit.db, ledger, [], places))
  batch.expireHolds(new Set())
  batch.write()
}

/** Records refusals of calls whose ledger does not exist, in nobody's journal. */
export async function recordRefusals(
  unit: Unit,
  ledger: LedgerHead,
  orders: readonly Order[],
  refusal: Refusal,
): Promise<void> {
  const batch = new Batch(unit, ledger, await Loaded.load(unit.db, ledger, []))
  for (const order of orders) batch.refuse(order, refusal)
  batch.write()
}

/** What an order would do now: a dry run on what a reader sees, which writes nothing. Throws its Refusal. */
export async function rehearse(
  view: View,
  ledger: LedgerHead,
  order: Order,
): Promise<{ booked: Booked; touched: { account: BookAccount; opens: boolean }[] }> {
  const first = await dueOrders(view, ledger)
  const loaded = await Loaded.load(
    view.db,
    ledger,
    [...first, order].map(({ instruction }) => instruction),
  )
  const batch = new Batch({ db: view.db, context: view.context, emit: () => undefined }, ledger, loaded)
  batch.expireHolds(new Set())
  for (const due of first) batch.apply(due)
  const outcome = batch.apply(order)
  if ('refused' in outcome) throw outcome.refused
  const opened = new Set(loaded.opened().map(({ id }) => id))
  const touched = loaded.book.touched().map(({ account }) => ({ account, opens: opened.has(account.id) }))
  return { booked: outcome.done, touched }
}

/** What an account has used of its limits now, expired holds given back; undefined if there is no such account. */
export async function limitUses(
  view: View,
  ledger: LedgerHead,
  place: Place,
): Promise<{ account: BookAccount; uses: readonly LimitUse[] } | undefined> {
  const loaded = await Loaded.load(view.db, ledger, [], [place])
  const account = loaded.find(place.address, place.asset)
  if (account === undefined) return undefined
  new Batch({ db: view.db, context: view.context, emit: () => undefined }, ledger, loaded).expireHolds(
    new Set(),
  )
  return { account, uses: loaded.watching?.usesOf(account) ?? [] }
}
