import { noPrice } from '@florin/orderbook'

export type OrderState = 'open' | 'held' | 'filled' | 'removed'

/** What is known of an order from the commands of one batch: all of it if it was entered there, else what changed. */
export interface OrderChange {
  readonly number: number
  /** Absent for orders that were entered before the batch. */
  readonly entered: Entered | undefined
  executed: number
  value: number
  leaves: number | undefined
  state: OrderState | undefined
  reason: number
  price: number | undefined
  stop: number | undefined
  quantity: number | undefined
  seq: number
  at: number
}

export interface Entered {
  readonly slot: number
  readonly account: number
  readonly session: number
  readonly clientId: number
  readonly flags: number
  readonly display: number
  readonly minimum: number
  readonly expires: number
  readonly seq: number
  readonly at: number
}

/** The orders that a batch of commands touched. */
export class OrderStates {
  readonly changes = new Map<number, OrderChange>()

  enter(number: number, entered: Entered, price: number, stop: number, quantity: number): void {
    const { seq, at } = entered
    this.changes.set(number, {
      number,
      entered,
      executed: 0,
      value: 0,
      leaves: quantity,
      state: 'open',
      reason: 0,
      price,
      stop,
      quantity,
      seq,
      at,
    })
  }

  /** The change of an order that something happens to now. */
  of(number: number, seq: number, at: number): OrderChange {
    const known = this.changes.get(number)
    if (known !== undefined) {
      known.seq = seq
      known.at = at
      return known
    }
    const change = {
      number,
      entered: undefined,
      executed: 0,
      value: 0,
      leaves: undefined,
      state: undefined,
      reason: 0,
      price: undefined,
      stop: undefined,
      quantity: undefined,
      seq,
      at,
    }
    this.changes.set(number, change)
    return change
  }
}

/** A price as it is stored. */
export function storedPrice(price: number | undefined): number | null {
  return price === undefined || price === noPrice ? null : price
}
