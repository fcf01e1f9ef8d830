import * as layout from '../layout.ts'
import type { Reason } from '../reasons.ts'
import * as reasons from '../reasons.ts'
import { exceedsMillionths, isAboveMillionths } from './arithmetic.ts'
import * as rowLayout from './layout.ts'
import { repeats, throttles } from './pace.ts'
import { equity, isMargin, largestExposure, result } from './position.ts'
import type { Prices } from './prices.ts'
import type { States } from './states.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
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
    if (!amended && repeats(rows, base, flags & 0xf, price, quantity, timeUs)) return reason.repeatedOrder
    const size = this.#size(base, flags, price, valuation, quantity)
    if (size !== reason.none) return size
    if (throttles(rows, base, timeUs)) return reason.throttled
    const sell = (flags & 1) === 1
    if (exceedsPosition(rows, base, sell, quantity)) return reason.position
    const reduces = onlyReduces(rows, base, sell, quantity)
    const funds = this.#funds(base, sell, quantity, valuation, reduces)
    if (funds !== reason.none) return funds
    if (sell) {
      const short = shortSale(rows, base, (flags & shortFlag) !== 0, quantity)
      if (short !== reason.none) return short
    }
    const losses = this.#losses(account, reduces)
    if (losses !== reason.none) return losses
    return tooManyOrders(rows, base) ? reason.selfOutput : reason.none
  }

  #size(base: number, flags: number, price: number, valuation: number, quantity: number): Reason {
    const rows = this.#rows
    if (quantity > (rows[base + field.maxOrderQuantity] as number)) return reason.orderQuantity
    if (quantity * valuation > (rows[base + field.maxOrderValue] as number)) return reason.orderValue
    if (outOfRange(rows, base)) return reason.orderValue
    const collar = rows[base + field.collar] as number
    if (collar === 0 || !isPriced(flags)) return reason.none
    const beyond = (flags & 1) === 1 ? this.#prices.reference - price : price - this.#prices.reference
    return beyond > collar ? reason.priceCollar : reason.none
  }

  /** Concentration, then what has to be paid or secured. */
  #funds(base: number, sell: boolean, quantity: number, valuation: number, reduces: boolean): Reason {
    const rows = this.#rows
    const margin = isMargin(rows, base)
    const maxConcentration = rows[base + field.maxConcentration] as number
    let exposure = 0
    if (!reduces && (margin || maxConcentration !== 0)) {
      const lots = largestExposure(rows, base, sell ? 0 : quantity, sell ? quantity : 0)
      exposure = lots * this.#prices.reference
    }
    if (maxConcentration !== 0 && !reduces) {
      const portfolio = exposure + (rows[base + field.portfolioElsewhere] as number)
      if (isAboveMillionths(exposure, portfolio, maxConcentration)) return reason.concentration
    }
    if (!margin)
      return !sell && lacksCash(rows, base, quantity * valuation) ? reason.buyingPower : reason.none
    if (reduces) return reason.none
    const collateral = equity(rows, base, this.#prices.reference)
    const lacks = exceedsMillionths(exposure, rows[base + field.initialMargin] as number, collateral)
    return lacks ? reason.margin : reason.none
  }

  /** Daily loss, reduce-only, drawdown. The result counts the position at the mark. */
  #losses(account: number, reduces: boolean): Reason {
    const rows = this.#rows
    const base = account * width
    const dailyLoss = rows[base + field.dailyLoss] as number
    const drawdown = rows[base + field.drawdown] as number
    const now = dailyLoss === 0 && drawdown === 0 ? 0 : result(rows, base, this.#prices.mark)
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

function exceedsPosition(rows: Float64Array, base: number, sell: boolean, quantity: number): boolean {
  const position = rows[base + field.position] as number
  const reached = sell
    ? (rows[base + field.openSells] as number) + quantity - position
    : (rows[base + field.openBuys] as number) + quantity + position
  return reached > (rows[base + field.maxPosition] as number)
}

function onlyReduces(rows: Float64Array, base: number, sell: boolean, quantity: number): boolean {
  const position = rows[base + field.position] as number
  return sell
    ? position > 0 && (rows[base + field.openSells] as number) + quantity <= position
    : position < 0 && (rows[base + field.openBuys] as number) + quantity <= -position
}

function lacksCash(rows: Float64Array, base: number, value: number): boolean {
  const reserved = (rows[base + field.reserved] as number) + value
  const withFees = million + (rows[base + field.feeRate] as number)
  return exceedsMillionths(reserved, withFees, rows[base + field.cash] as number)
}

function shortSale(rows: Float64Array, base: number, marked: boolean, quantity: number): Reason {
  const position = rows[base + field.position] as number
  const sells = (rows[base + field.openSells] as number) + quantity
  if (sells <= Math.max(position, 0)) return reason.none
  const permitted = ((rows[base + field.permissions] as number) & permission.shortSale) !== 0
  if (!marked || !permitted) return reason.shortNotPermitted
  return sells - position > (rows[base + field.locate] as number) ? reason.noLocate : reason.none
}

function tooManyOrders(rows: Float64Array, base: number): boolean {
  const maximum = rows[base + field.maxOpenOrders] as number
  return maximum !== 0 && (rows[base + field.openOrders] as number) >= maximum
}
