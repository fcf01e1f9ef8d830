import * as layout from '../layout.ts'
import type { Reason } from '../reasons.ts'
import * as reasons from '../reasons.ts'
import { exceedsMillionths, isAboveMillionths } from './arithmetic.ts'
import * as rowLayout from './layout.ts'
import { repeats, throttles } from './pace.ts'
import { equity, isMargin, largestExposure, result } from './position.ts'
import type { Prices } from './prices.ts'
import type { States } from './states.ts'

const { accountStateBit, orderType, permission } = layout
const { reason } = reasons
const { field, largestValue, width } = rowLayout

/** What an order has to pass before it may trade, in the order of the reasons' numbers. */
export class Checks {
  readonly #rows: Float64Array
  readonly #states: States
  readonly #prices: Prices

  constructor(rows: Float64Array, states: States, prices: Prices) {
    this.#rows = rows
    this.#states = states
    this.#prices = prices
  }

  /**
   * The order itself is not among the open ones. Counts for the throttle and the row of identical orders, and may halt the
   * account or make it reduce only, refused or not.
   *
   * @param price as entered
   * @param valuation per lot, in ticks
   * @param amended not a new order: no repeats
   */
  check(
    account: number,
    flags: number,
    price: number,
    valuation: number,
    quantity: number,
    timeUs: number,
    amended: boolean,
  ): Reason {
    const rows = this.#rows
    const base = account * width
    const isSell = (flags & 1) === 1
    if (!amended && repeats(rows, base, flags & 0xf, price, quantity, timeUs)) return reason.repeatedOrder

    const value = quantity * valuation
    if (quantity > (rows[base + field.maxOrderQuantity] as number)) return reason.orderQuantity
    if (value > (rows[base + field.maxOrderValue] as number)) return reason.orderValue
    if (outOfRange(rows, base)) return reason.orderValue
    const collar = rows[base + field.collar] as number
    if (collar !== 0 && this.#isBeyond(collar, flags, price)) return reason.priceCollar
    if (throttles(rows, base, timeUs)) return reason.throttled

    // What the order would close, and what would then be open against it.
    const position = rows[base + field.position] as number
    const held = isSell ? position : -position
    const open = (rows[base + (isSell ? field.openSells : field.openBuys)] as number) + quantity
    if (open - held > (rows[base + field.maxPosition] as number)) return reason.position
    const reduces = held > 0 && open <= held

    const isOnMargin = isMargin(rows, base)
    if (!reduces && (isOnMargin || rows[base + field.maxConcentration] !== 0)) {
      const refused = this.#exposure(base, isSell, quantity)
      if (refused !== reason.none) return refused
    }
    if (isSell) {
      const refused = shortSale(rows, base, open, position, flags)
      if (refused !== reason.none) return refused
    } else if (!isOnMargin && lacksCash(rows, base, value)) return reason.buyingPower

    const losses = this.#losses(account, reduces)
    if (losses !== reason.none) return losses
    return tooManyOrders(rows, base) ? reason.selfOutput : reason.none
  }

  #isBeyond(collar: number, flags: number, price: number): boolean {
    if (!isPriced(flags)) return false
    const { reference } = this.#prices
    return ((flags & 1) === 1 ? reference - price : price - reference) > collar
  }

  /** Concentration, and what a margin account has to secure. */
  #exposure(base: number, isSell: boolean, quantity: number): Reason {
    const rows = this.#rows
    const { reference } = this.#prices
    const exposure = largestExposure(rows, base, isSell ? 0 : quantity, isSell ? quantity : 0) * reference
    const maxConcentration = rows[base + field.maxConcentration] as number
    if (maxConcentration !== 0) {
      const portfolio = exposure + (rows[base + field.portfolioElsewhere] as number)
      if (isAboveMillionths(exposure, portfolio, maxConcentration)) return reason.concentration
    }
    if (!isMargin(rows, base)) return reason.none
    const initial = rows[base + field.initialMargin] as number
    return exceedsMillionths(exposure, initial, equity(rows, base, reference)) ? reason.margin : reason.none
  }

  /** Daily loss, reduce-only, drawdown. The result counts the position at the mark. */
  #losses(account: number, reduces: boolean): Reason {
    const rows = this.#rows
    const base = account * width
    const dailyLoss = rows[base + field.dailyLoss] as number
    const drawdown = rows[base + field.drawdown] as number
    const now = result(rows, base, this.#prices.mark)
    if (dailyLoss !== 0 && now - (rows[base + field.dayStart] as number) < -dailyLoss) {
      this.#states.add(account, accountStateBit.halted, reason.dailyLoss)
      return reason.dailyLoss
    }
    if (!reduces && ((rows[base + field.state] as number) & accountStateBit.reduceOnly) !== 0)
      return reason.reduceOnly
    if (drawdown !== 0 && (rows[base + field.best] as number) - now > drawdown) {
      this.#states.add(account, accountStateBit.reduceOnly, reason.drawdown)
      if (!reduces) return reason.drawdown
    }
    return reason.none
  }
}

const shortFlag = 1 << 13
const million = 1_000_000

/** A price of its own that the collar applies to: limit, stop and stop-limit. */
function isPriced(flags: number): boolean {
  const type = (flags >> 1) & 7
  return type !== orderType.market && type !== orderType.trailingStop
}

/** So much was realised that sums would no longer be exact after more. */
export function outOfRange(rows: Float64Array, base: number): boolean {
  return (
    Math.abs(rows[base + field.realisedAverage] as number) >= largestValue ||
    Math.abs(rows[base + field.realisedFifo] as number) >= largestValue
  )
}

function lacksCash(rows: Float64Array, base: number, value: number): boolean {
  const reserved = (rows[base + field.reserved] as number) + value
  const withFees = million + (rows[base + field.feeRate] as number)
  return exceedsMillionths(reserved, withFees, rows[base + field.cash] as number)
}

/** @param sells lots that would be open to sell */
function shortSale(rows: Float64Array, base: number, sells: number, position: number, flags: number): Reason {
  if (sells <= Math.max(position, 0)) return reason.none
  const permitted = ((rows[base + field.permissions] as number) & permission.shortSale) !== 0
  if (!permitted || (flags & shortFlag) === 0) return reason.shortNotPermitted
  return sells - position > (rows[base + field.locate] as number) ? reason.noLocate : reason.none
}

function tooManyOrders(rows: Float64Array, base: number): boolean {
  const maximum = rows[base + field.maxOpenOrders] as number
  return maximum !== 0 && (rows[base + field.openOrders] as number) >= maximum
}
