import * as layout from '../layout.ts'
import * as reasons from '../reasons.ts'
import { millionthsUp, share } from './arithmetic.ts'
import { derive } from './derived.ts'
import * as rowLayout from './layout.ts'
import type { Lots } from './lots.ts'
import { overflows } from './pace.ts'
import type { Prices } from './prices.ts'
import type { States } from './states.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { accountStateBit, noPrice } = layout
const { halted } = accountStateBit
const { selfOutput } = reasons.reason
const { field, plainSide, width } = rowLayout

/** What fills do to accounts. */
export class Fills {
  readonly #rows: Float64Array
  readonly #lots: Lots
  readonly #prices: Prices
  readonly #states: States
  readonly #clock: Float64Array

  /** @param clock the present command's time in microseconds: its only number */
  constructor(rows: Float64Array, lots: Lots, prices: Prices, states: States, clock: Float64Array) {
    this.#rows = rows
    this.#lots = lots
    this.#prices = prices
    this.#states = states
    this.#clock = clock
  }

  /** Open lots of an order traded. Cash accounts pay at once, what they sell is theirs when it is in the ledger. */
  filled(account: number, flags: number, quantity: number, price: number, valuation: number): void {
    const rows = this.#rows
    const base = account * width
    const sell = flags & 1
    if (sell === 1) {
      rows[base + field.openSells] = (rows[base + field.openSells] as number) - quantity
    } else {
      rows[base + field.openBuys] = (rows[base + field.openBuys] as number) - quantity
      rows[base + field.reserved] = (rows[base + field.reserved] as number) - quantity * valuation
      if (((rows[base + field.sides] as number) & plainSide.margin) === 0) {
        const value = quantity * price
        const fee = millionthsUp(value, rows[base + field.feeRate] as number)
        rows[base + field.cash] = (rows[base + field.cash] as number) - value - fee
      }
    }
    this.execute(account, sell, quantity, price)
    if (rows[base + field.outputMaximum] !== 0 && overflows(rows, base, quantity, this.#clock[0] as number)) {
      this.#states.add(account, halted, selfOutput)
    }
  }

  /** Buys or sells `quantity` at `price`: what closes the position is realised first, the rest opens. */
  execute(account: number, sell: number, quantity: number, price: number): void {
    const rows = this.#rows
    const base = account * width
    const position = rows[base + field.position] as number
    const direction = sell === 1 ? -1 : 1
    const against = -direction * position
    const closed = against <= 0 ? 0 : against < quantity ? against : quantity
    let cost = rows[base + field.cost] as number
    let realised = rows[base + field.realisedAverage] as number
    if (closed !== 0) {
      const value = closed * price
      const removed = share(direction === -1 ? cost : -cost, closed, against)
      cost += direction * removed
      realised -= direction * (value - removed)
      rows[base + field.realisedAverage] = realised
      rows[base + field.realisedFifo] =
        (rows[base + field.realisedFifo] as number) - direction * (value - this.#lots.close(account, closed))
    }
    if (closed !== quantity) {
      const opened = quantity - closed
      cost += direction * opened * price
      this.#lots.add(account, opened, price)
    }
    const after = position + direction * quantity
    const { mark } = this.#prices
    rows[base + field.cost] = cost
    rows[base + field.position] = after
    const result = mark === noPrice ? realised : realised + after * mark - cost
    if (result <= (rows[base + field.best] as number)) return
    rows[base + field.best] = result
    if (rows[base + field.drawdown] !== 0) derive(rows, base)
  }
}
