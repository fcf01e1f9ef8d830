import type { Reason } from '../../reasons.ts'

/** What the naive market asks of the risk of section 10. */
export interface RiskCalls {
  admits(account: number, flags: number): Reason
  ready(account: number): Reason
  setReference(price: number): void
  collared(account: number, side: number, price: number): number
  valuation(flags: number, price: number, effective: number): number
  clientIdReason(account: number, low: number, high: number): Reason
  check(
    account: number,
    flags: number,
    price: number,
    valuation: number,
    quantity: number,
    timeUs: number,
    amended: boolean,
  ): Reason
  entered(account: number, flags: number, quantity: number, valuation: number): void
  left(account: number, flags: number, quantity: number, valuation: number): void
  ended(account: number): void
  filled(
    account: number,
    flags: number,
    quantity: number,
    price: number,
    valuation: number,
    timeUs: number,
  ): void
  remember(account: number, low: number, high: number, order: number, slot: number): void
  /** The slot of the order with this id, 0 if there is none; {@link orderOf} tells its number. */
  find(account: number, low: number, high: number): number
  orderOf(account: number, low: number, high: number): number
  set(account: number, field: number, value: number): Reason
  mark(price: number): Reason
  adjust(account: number, flags: number, quantity: number, price: number): Reason
  endOfDay(alive: (order: number, slot: number) => boolean): void
  group(account: number): number
  changedStates(
    visit: (account: number, state: number, previous: number, cause: number, equity: number) => void,
  ): void
}
