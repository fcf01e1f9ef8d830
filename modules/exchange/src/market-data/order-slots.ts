import {
  type OrderUpdate,
  orderChange,
  orderRecord,
  type RestingOrder,
  recordKind,
  words,
} from '@florin/orderbook'

/** The slots of the orders of a book: market data names orders by numbers alone, and their ids need both. */
export class OrderSlots {
  readonly #slots = new Map<number, number>()

  constructor(orders: Iterable<RestingOrder>) {
    for (const { order, slot } of orders) this.#slots.set(order, slot)
  }

  readonly of = (order: number): number => {
    const slot = this.#slots.get(order)
    if (slot === undefined) throw new Error(`The slot of order ${order} is not known`)
    return slot
  }

  /** Takes in the orders that a command added; its records say where they rested. */
  learn(update: OrderUpdate, records: Int32Array): void {
    if (!update.changes.some(([change]) => change === orderChange.added)) return
    for (let at = 0; at < records.length; at += words)
      if (records[at] === recordKind.rested)
        this.#slots.set(records[at + orderRecord.order] ?? 0, records[at + orderRecord.slot] ?? 0)
  }

  /** Lets go of the orders that a command removed and did not add again. */
  forget(update: OrderUpdate): void {
    const last = new Map(update.changes.map(([change, order]) => [order, change]))
    for (const [order, change] of last) if (change === orderChange.removed) this.#slots.delete(order)
  }
}
