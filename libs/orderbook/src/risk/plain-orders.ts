import * as layout from '../layout.ts'
import * as rowLayout from './layout.ts'
import type { Prices } from './prices.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { noPrice, permission } = layout
const { field, largestValue, width } = rowLayout
const million = 1_000_000

/**
 * The short way of {@link Checks} for a limit order of a cash account that nothing is to be said against: the same questions
 * in one go over the account's row, each in a form that lets doubtful cases go the long way, which alone refuses.
 */
export class PlainOrders {
  readonly #rows: Float64Array
  readonly #prices: Prices
  readonly #clock: Float64Array

  /** @param clock the present command's time in microseconds: its only number */
  constructor(rows: Float64Array, prices: Prices, clock: Float64Array) {
    this.#rows = rows
    this.#prices = prices
    this.#clock = clock
  }

  /**
   * Whether the order surely passes from `halted` to `selfOutput`, but for its client id. If so, it counts for the throttle
   * and the row of identical orders, and is open.
   */
  enter(account: number, flags: number, price: number, valuation: number, quantity: number): boolean {
    const rows = this.#rows
    const base = account * width
    const sell = (flags & 1) === 1
    const { reference, mark } = this.#prices
    const timeUs = this.#clock[0] as number
    const permissions = rows[base + field.permissions] as number
    const needed = sell ? permission.sell : permission.buy
    if (rows[base + field.state] !== 0 || (permissions & (needed | permission.margin)) !== needed)
      return false

    const maxOrderValue = rows[base + field.maxOrderValue] as number
    const maxPosition = rows[base + field.maxPosition] as number
    const value = quantity * valuation
    if (quantity > (rows[base + field.maxOrderQuantity] as number) || value > maxOrderValue) return false
    if (maxOrderValue === 0 || maxPosition === 0 || reference === noPrice) return false
    const realised = rows[base + field.realisedAverage] as number
    const realisedFifo = rows[base + field.realisedFifo] as number
    if (realised >= largestValue || realised <= -largestValue) return false
    if (realisedFifo >= largestValue || realisedFifo <= -largestValue) return false
    const collar = rows[base + field.collar] as number
    if (collar !== 0 && (sell ? reference - price : price - reference) > collar) return false

    const position = rows[base + field.position] as number
    const open = (rows[base + (sell ? field.openSells : field.openBuys)] as number) + quantity
    if ((sell ? open - position : open + position) > maxPosition) return false
    if (rows[base + field.maxConcentration] !== 0) return false
    const reserved = (rows[base + field.reserved] as number) + value
    if (sell) {
      if (open > position) return false
    } else {
      const withFees = million + (rows[base + field.feeRate] as number)
      if (reserved * withFees >= (rows[base + field.cash] as number) * million) return false
    }
    const dailyLoss = rows[base + field.dailyLoss] as number
    const drawdown = rows[base + field.drawdown] as number
    if (dailyLoss !== 0 || drawdown !== 0) {
      const gain =
        mark === noPrice || position === 0 ? 0 : position * mark - (rows[base + field.cost] as number)
      const now = realised + gain
      if (dailyLoss !== 0 && now - (rows[base + field.dayStart] as number) < -dailyLoss) return false
      if (drawdown !== 0 && (rows[base + field.best] as number) - now > drawdown) return false
    }
    const maxOpenOrders = rows[base + field.maxOpenOrders] as number
    const openOrders = rows[base + field.openOrders] as number
    if (maxOpenOrders !== 0 && openOrders >= maxOpenOrders) return false

    const interval = rows[base + field.throttleInterval] as number
    const arrival = rows[base + field.arrival] as number
    const burst = rows[base + field.throttleBurst] as number
    if (interval !== 0 && arrival > timeUs + (burst > 1 ? burst - 1 : 0) * interval) return false
    const repeatMaximum = rows[base + field.repeatMaximum] as number
    if (repeatMaximum !== 0 && !this.#follows(base, flags & 0xf, price, quantity, repeatMaximum)) return false

    if (interval !== 0) rows[base + field.arrival] = (arrival > timeUs ? arrival : timeUs) + interval
    rows[base + field.openOrders] = openOrders + 1
    if (sell) {
      rows[base + field.openSells] = open
    } else {
      rows[base + field.openBuys] = open
      rows[base + field.reserved] = reserved
    }
    return true
  }

  /** Makes the order the last of the row of identical ones, if it is not one too many: the last thing that is asked. */
  #follows(base: number, kind: number, price: number, quantity: number, maximum: number): boolean {
    const rows = this.#rows
    const timeUs = this.#clock[0] as number
    const count = rows[base + field.repeatCount] as number
    const same =
      rows[base + field.repeatPrice] === price &&
      rows[base + field.repeatQuantity] === quantity &&
      rows[base + field.repeatKind] === kind &&
      count > 0 &&
      timeUs - (rows[base + field.repeatStart] as number) <= (rows[base + field.repeatWindow] as number)
    if (same && count >= maximum) return false
    rows[base + field.repeatCount] = same ? count + 1 : 1
    if (same) return true
    rows[base + field.repeatStart] = timeUs
    rows[base + field.repeatKind] = kind
    rows[base + field.repeatPrice] = price
    rows[base + field.repeatQuantity] = quantity
    return true
  }
}
