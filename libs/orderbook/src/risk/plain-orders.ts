import * as layout from '../layout.ts'
import * as slots from '../slot.ts'
import type { ClientIds } from './client-ids.ts'
import * as rowLayout from './layout.ts'
import type { MarkSweep } from './mark-sweep.ts'
import type { Prices } from './prices.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { command, noPrice } = layout
const { within } = slots
const { field, largestValue, plainSide, width } = rowLayout
const million = 1_000_000
const twoTo32 = 0x1_0000_0000

/** Returned for an order that has to go the long way. */
const notPlain = -1

/**
 * The short way of {@link Checks} for a limit order of a cash account that nothing is to be said against: the same questions
 * in one go over the account's row, each in a form that lets doubtful cases go the long way, which alone refuses.
 */
export class PlainOrders {
  readonly #rows: Float64Array
  readonly #prices: Prices
  readonly #clientIds: ClientIds
  readonly #sweep: MarkSweep
  readonly #clock: Float64Array

  /** @param clock the present command's time in microseconds: its only number */
  constructor(
    rows: Float64Array,
    prices: Prices,
    clientIds: ClientIds,
    sweep: MarkSweep,
    clock: Float64Array,
  ) {
    this.#rows = rows
    this.#prices = prices
    this.#clientIds = clientIds
    this.#sweep = sweep
    this.#clock = clock
  }

  /**
   * What the order is valued at, if it surely passes: then it counts for the throttle and the row of identical orders, is open,
   * and its client id is known. Otherwise −1; then nothing has changed.
   *
   * @param offset of a command that enters a limit order, well formed
   * @param order the number and slot that it gets
   */
  enter(commands: Int32Array, offset: number, order: number, slot: number): number {
    const from = offset & within
    const flags = commands[from + command.flags] as number
    const account = commands[from + command.account] as number
    const price = commands[from + command.price] as number
    const quantity = commands[from + command.quantity] as number
    const low = commands[from + command.clientLow] as number
    const high = commands[from + command.clientHigh] as number
    const timeLow = commands[from + command.timeLow] as number
    const timeUs = (commands[from + command.timeHigh] as number) * twoTo32 + (timeLow >>> 0)
    const rows = this.#rows
    const base = (account * width) & within
    const { reference, mark } = this.#prices
    const sell = (flags & 1) === 1
    const valuation = sell && reference > price ? reference : price
    const sides = rows[base + field.sides] as number
    if ((sides & (sell ? plainSide.sell : plainSide.buy)) === 0 || reference === noPrice) return notPlain
    const value = quantity * valuation
    if (quantity > (rows[base + field.maxOrderQuantity] as number)) return notPlain
    if (value > (rows[base + field.maxOrderValue] as number)) return notPlain
    const realised = rows[base + field.realisedAverage] as number
    const realisedFifo = rows[base + field.realisedFifo] as number
    if (realised >= largestValue || realised <= -largestValue) return notPlain
    if (realisedFifo >= largestValue || realisedFifo <= -largestValue) return notPlain
    const collar = rows[base + field.collar] as number
    if (collar !== 0 && (sell ? reference - price : price - reference) > collar) return notPlain

    const position = rows[base + field.position] as number
    const maxPosition = rows[base + field.maxPosition] as number
    const openPlace = base + (sell ? field.openSells : field.openBuys)
    const open = (rows[openPlace] as number) + quantity
    const reserved = (rows[base + field.reserved] as number) + value
    if (sell) {
      if (open > position) return notPlain
    } else {
      const withFees = million + (rows[base + field.feeRate] as number)
      if (open + position > maxPosition) return notPlain
      if (reserved * withFees >= (rows[base + field.cash] as number) * million) return notPlain
    }
    const gain =
      mark === noPrice || position === 0 ? 0 : position * mark - (rows[base + field.cost] as number)
    if (realised + gain < (rows[base + field.lossFloor] as number)) return notPlain
    const maxOpenOrders = rows[base + field.maxOpenOrders] as number
    const openOrders = rows[base + field.openOrders] as number
    if (maxOpenOrders !== 0 && openOrders >= maxOpenOrders) return notPlain

    const interval = rows[base + field.throttleInterval] as number
    const arrival = rows[base + field.arrival] as number
    if (interval !== 0 && arrival > timeUs + (rows[base + field.throttleTolerance] as number)) return notPlain
    const repeatMaximum = rows[base + field.repeatMaximum] as number
    const repeats = repeatMaximum !== 0 && this.#repeats(base, flags & 0xf, price, quantity, timeUs)
    if (repeats && (rows[base + field.repeatCount] as number) >= repeatMaximum) return notPlain
    if ((low | high) !== 0 && !this.#clientIds.claim(account, low, high, order, slot)) return notPlain

    if (interval !== 0) rows[base + field.arrival] = (arrival > timeUs ? arrival : timeUs) + interval
    if (repeatMaximum !== 0) {
      if (repeats) {
        rows[base + field.repeatCount] = (rows[base + field.repeatCount] as number) + 1
      } else {
        rows[base + field.repeatCount] = 1
        rows[base + field.repeatStart] = timeUs
        rows[base + field.repeatKind] = flags & 0xf
        rows[base + field.repeatPrice] = price
        rows[base + field.repeatQuantity] = quantity
      }
    }
    rows[base + field.openOrders] = openOrders + 1
    rows[openPlace] = open
    if (!sell) rows[base + field.reserved] = reserved
    if (rows[base + field.listed] === 0) this.#sweep.list(account)
    this.#clock[0] = timeUs
    return valuation
  }

  /** Whether the order is like the last one, and the row of such orders began within the window. */
  #repeats(base: number, kind: number, price: number, quantity: number, timeUs: number): boolean {
    const rows = this.#rows
    return (
      rows[base + field.repeatPrice] === price &&
      rows[base + field.repeatQuantity] === quantity &&
      rows[base + field.repeatKind] === kind &&
      (rows[base + field.repeatCount] as number) > 0 &&
      timeUs - (rows[base + field.repeatStart] as number) <= (rows[base + field.repeatWindow] as number)
    )
  }
}
