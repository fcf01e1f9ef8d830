import * as layout from '../layout.ts'
import type { Reason } from '../reasons.ts'
import * as reasons from '../reasons.ts'
import type { MarketConfig } from '../types.ts'
import { millionthsUp } from './arithmetic.ts'
import { Checks, outOfRange } from './checks.ts'
import { ClientIds } from './client-ids.ts'
import { derive } from './derived.ts'
import { Fills } from './fills.ts'
import * as rowLayout from './layout.ts'
import { Lots } from './lots.ts'
import { MarkSweep } from './mark-sweep.ts'
import { endOutput, endRepeats } from './pace.ts'
import { PlainOrders } from './plain-orders.ts'
import { equity, isMargin, largestExposure, result, unrealised } from './position.ts'
import { Prices } from './prices.ts'
import { checkRiskConfig, settingRanges } from './settings.ts'
import { States, type StateVisit } from './states.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { accountSetting, accountStateBit, noPrice, orderType, permission } = layout
const { reason } = reasons
const { field, largestValue, width } = rowLayout

/** What is known of an account. Quantities in lots, money in ticks x lots. */
export interface Position {
  /** Bits of `accountStateBit`. */
  readonly state: number
  /** Short below 0. */
  readonly position: number
  /** Of the position, signed like it, by average. */
  readonly cost: number
  readonly realisedAverage: number
  readonly realisedFifo: number
  /** At the mark, by average; 0 without one. */
  readonly unrealised: number
  /** Of living orders, stops included. */
  readonly openBuys: number
  readonly openSells: number
  readonly openOrders: number
  readonly cash: number
  /** What living buys may take from the cash, fees included. */
  readonly reserved: number
  /** Cash with realised (average) and unrealised result at the mark, else the reference price. */
  readonly equity: number
  /** Of the day, by average, at the mark. */
  readonly dayResult: number
}

/** Pre-trade risk and positions of one market, by account: section 10 of the rules. Nothing is allocated by an order. */
export class Risk {
  /** The short way of orders. */
  readonly plainOrders: PlainOrders
  readonly #config: MarketConfig
  readonly #rows: Float64Array
  readonly #prices = new Prices()
  readonly #lots: Lots
  readonly #fills: Fills
  readonly #clientIds: ClientIds
  readonly #states: States
  readonly #sweep: MarkSweep
  readonly #checks: Checks
  /** Time of the present command, in microseconds: the only number, which is not copied where it is read. */
  readonly #clock = new Float64Array(1)
  readonly #ranges: ReturnType<typeof settingRanges>

  /** @throws RangeError for a configuration whose amounts could leave the range of exact integers */
  constructor(config: MarketConfig) {
    checkRiskConfig(config)
    this.#config = config
    this.#rows = new Float64Array((config.accounts + 1) * width)
    this.#lots = new Lots(config.accounts)
    this.#clientIds = new ClientIds(config.clientIds, config.accounts)
    this.#states = new States(this.#rows, config.accounts)
    this.#sweep = new MarkSweep(this.#rows, this.#states, config.accounts)
    this.#checks = new Checks(this.#rows, this.#states, this.#prices)
    this.plainOrders = new PlainOrders(this.#rows, this.#prices, this.#clientIds, this.#sweep, this.#clock)
    this.#fills = new Fills(this.#rows, this.#lots, this.#prices, this.#states, this.#clock)
    for (let base = 0; base < this.#rows.length; base += width) derive(this.#rows, base)
    this.#ranges = settingRanges(config.largestPosition)
  }

  /** Tells the time of the commands that follow, in microseconds. */
  setTime(timeUs: number): void {
    this.#clock[0] = timeUs
  }

  /** `halted`, `notPermitted` or `none`. */
  admits(account: number, flags: number): Reason {
    const base = account * width
    if (((this.#rows[base + field.state] as number) & accountStateBit.halted) !== 0) return reason.halted
    const needed = (flags & 1) === 1 ? permission.sell : permission.buy
    return ((this.#rows[base + field.permissions] as number) & needed) === 0
      ? reason.notPermitted
      : reason.none
  }

  /** `noLimits`, `noReference` or `none`. */
  ready(account: number): Reason {
    const rows = this.#rows
    const base = account * width
    const limited =
      rows[base + field.maxOrderQuantity] !== 0 &&
      rows[base + field.maxOrderValue] !== 0 &&
      rows[base + field.maxPosition] !== 0
    if (!limited) return reason.noLimits
    return this.#prices.reference === noPrice ? reason.noReference : reason.none
  }

  /** Tells the market's reference price, or `noPrice`. */
  setReference(price: number): void {
    this.#prices.setMarket(price)
  }

  /** The price, or where the account's collar ends if that is nearer to the reference. */
  collared(account: number, side: number, price: number): number {
    const collar = this.#rows[account * width + field.collar] as number
    const reference = this.#prices.reference
    if (collar === 0 || reference === noPrice) return price
    return side === 1 ? Math.max(price, reference - collar) : Math.min(price, reference + collar)
  }

  /**
   * What a lot of the order is valued at, in ticks.
   *
   * @param price of the order
   * @param effective of market orders: how far it may trade; of trailing stops: where it would trade to now
   */
  valuation(flags: number, price: number, effective: number): number {
    const type = (flags >> 1) & 7
    if ((flags & 1) === 0)
      return type === orderType.market || type === orderType.trailingStop ? effective : price
    const reference = this.#prices.reference
    return type === orderType.limit || type === orderType.stopLimit ? Math.max(price, reference) : reference
  }

  /** `clientIdsFull` (told with the capacities), `duplicateClientId` or `none`; ids of 0 are none. */
  clientIdReason(account: number, low: number, high: number): Reason {
    if ((low | high) === 0) return reason.none
    if (this.#clientIds.full) return reason.clientIdsFull
    return this.#clientIds.has(account, low, high) ? reason.duplicateClientId : reason.none
  }

  /** See {@link Checks.check}. */
  check(
    account: number,
    flags: number,
    price: number,
    valuation: number,
    quantity: number,
    timeUs: number,
    amended: boolean,
  ): Reason {
    return this.#checks.check(account, flags, price, valuation, quantity, timeUs, amended)
  }

  /** An order is open, before it trades. */
  entered(account: number, flags: number, quantity: number, valuation: number): void {
    this.#rows[account * width + field.openOrders] =
      (this.#rows[account * width + field.openOrders] as number) + 1
    this.#open(account, flags, quantity, valuation)
    this.#sweep.list(account)
  }

  /** Open lots of an order are gone by anything but a fill. */
  left(account: number, flags: number, quantity: number, valuation: number): void {
    this.#open(account, flags, -quantity, valuation)
  }

  /** An order is no longer open. What was left of it is told by {@link left}. */
  ended(account: number): void {
    this.#rows[account * width + field.openOrders] =
      (this.#rows[account * width + field.openOrders] as number) - 1
  }

  /** An order of so many open lots is gone by anything but a fill. */
  gone(account: number, flags: number, quantity: number, valuation: number): void {
    this.left(account, flags, quantity, valuation)
    this.ended(account)
  }

  /** Open lots of an order traded. */
  filled(account: number, flags: number, quantity: number, price: number, valuation: number): void {
    this.#fills.filled(account, flags, quantity, price, valuation)
  }

  /** A client id of 0 is none. */
  remember(account: number, low: number, high: number, order: number, slot: number): void {
    if ((low | high) !== 0) this.#clientIds.claim(account, low, high, order, slot)
  }

  /** The slot that the order had when it was entered; 0 for an unknown id. Others may use it by now. */
  find(account: number, low: number, high: number): number {
    return this.#clientIds.slot(account, low, high)
  }

  /** The order's number; 0 for an unknown id. */
  orderOf(account: number, low: number, high: number): number {
    return this.#clientIds.order(account, low, high)
  }

  /** Changes a setting of an account: `malformed`, `buyingPower` or `margin` (see the rules), or `none`. */
  set(account: number, setting: number, value: number): Reason {
    const range = this.#ranges[setting]
    if (range === undefined || !(value >= range.lowest && value <= range.highest)) return reason.malformed
    const base = account * width
    if (setting === accountSetting.cashChange) return this.#changeCash(account, value)
    if (setting === accountSetting.halted) return this.#setState(account, accountStateBit.halted, value)
    if (setting === accountSetting.reduceOnly)
      return this.#setState(account, accountStateBit.reduceOnly, value)
    if (setting === accountSetting.permissions && this.#turnsMargin(base, value)) return reason.margin
    if (range.place === field.repeatMaximum || range.place === field.repeatWindow)
      endRepeats(this.#rows, base)
    if (range.place === field.outputMaximum || range.place === field.outputWindow) endOutput(this.#rows, base)
    this.#rows[base + range.place] = value
    derive(this.#rows, base)
    return reason.none
  }

  /** A new mark: `priceBounds` or `none`. Looks at losses and margins of accounts with positions or orders. */
  mark(price: number): Reason {
    if (!this.#isPrice(price)) return reason.priceBounds
    this.#prices.setMark(price)
    this.#sweep.sweep(price)
    return reason.none
  }

  /** A fill without a trade; cash is left alone. Bit 0 of the flags is the side, bit 1 also sells what open sells may sell. */
  adjust(account: number, flags: number, quantity: number, price: number): Reason {
    const base = account * width
    if (flags < 0 || flags > 3 || quantity < 1) return reason.malformed
    if (!this.#isPrice(price)) return reason.priceBounds
    if (outOfRange(this.#rows, base)) return reason.orderValue
    const sell = (flags & 1) === 1
    if (!this.#mayHold(base, sell, quantity, (flags & 2) !== 0)) return reason.position
    this.#fills.execute(account, flags & 1, quantity, price)
    this.#sweep.list(account)
    return reason.none
  }

  /** The day's counters begin anew; client ids of orders that are gone are forgotten. */
  endOfDay(alive: (order: number, slot: number) => boolean): void {
    const rows = this.#rows
    for (let base = width; base < rows.length; base += width) {
      const now = result(rows, base, this.#prices.mark)
      rows[base + field.dayStart] = now
      rows[base + field.best] = now
      endRepeats(rows, base)
      endOutput(rows, base)
      derive(rows, base)
    }
    this.#clientIds.keep(alive)
  }

  group(account: number): number {
    return this.#rows[account * width + field.group] as number
  }

  /** Visits the accounts whose state differs since the last call, by number. */
  changedStates(visit: StateVisit): void {
    if (this.#states.count === 0) return
    this.#states.drain(visit, (account) => equity(this.#rows, account * width, this.#prices.reference))
  }

  position(account: number): Position {
    const rows = this.#rows
    const base = account * width
    const mark = this.#prices.mark
    const held = rows[base + field.reserved] as number
    return {
      state: rows[base + field.state] as number,
      position: rows[base + field.position] as number,
      cost: rows[base + field.cost] as number,
      realisedAverage: rows[base + field.realisedAverage] as number,
      realisedFifo: rows[base + field.realisedFifo] as number,
      unrealised: unrealised(rows, base, mark),
      openBuys: rows[base + field.openBuys] as number,
      openSells: rows[base + field.openSells] as number,
      openOrders: rows[base + field.openOrders] as number,
      cash: rows[base + field.cash] as number,
      reserved: held + millionthsUp(held, rows[base + field.feeRate] as number),
      equity: equity(rows, base, this.#prices.reference),
      dayResult: result(rows, base, mark) - (rows[base + field.dayStart] as number),
    }
  }

  /** The lots of the position, oldest first, as first in, first out closes them. */
  lots(account: number): { quantity: number; price: number }[] {
    return this.#lots.of(account)
  }

  /** All state, for snapshots and digests; not copied. Between commands only, when changed states were visited. */
  parts(): (Int32Array | Float64Array)[] {
    return [
      this.#rows,
      this.#prices.part(),
      ...this.#sweep.parts(),
      ...this.#lots.parts(),
      ...this.#clientIds.parts(),
    ]
  }

  /**
   * Takes over the {@link parts} of a market of the same configuration.
   *
   * @throws RangeError for others
   */
  restore(parts: readonly (Int32Array | Float64Array)[]): void {
    const [rows, prices, sweepHead, list, lotsHead, lots, idsHead, ids] = parts
    if (
      !(rows instanceof Float64Array && prices instanceof Int32Array) ||
      !(sweepHead instanceof Int32Array && list instanceof Int32Array) ||
      !(lotsHead instanceof Int32Array && lots instanceof Int32Array) ||
      !(idsHead instanceof Int32Array && ids instanceof Int32Array)
    ) {
      throw new RangeError('These are not the parts of a risk state')
    }
    if (rows.length !== this.#rows.length)
      throw new RangeError('The snapshot is of another number of accounts')
    this.#rows.set(rows)
    this.#prices.restore(prices)
    this.#sweep.restore(sweepHead, list)
    this.#lots.restore(lotsHead, lots)
    this.#clientIds.restore(idsHead, ids)
  }

  /** Adds open lots, or takes them if negative. */
  #open(account: number, flags: number, quantity: number, valuation: number): void {
    const rows = this.#rows
    const base = account * width
    if ((flags & 1) === 1) {
      rows[base + field.openSells] = (rows[base + field.openSells] as number) + quantity
    } else {
      rows[base + field.openBuys] = (rows[base + field.openBuys] as number) + quantity
      rows[base + field.reserved] = (rows[base + field.reserved] as number) + quantity * valuation
    }
  }

  #setState(account: number, bit: number, value: number): Reason {
    const state = this.#rows[account * width + field.state] as number
    this.#states.set(account, value === 1 ? state | bit : state & ~bit, reason.none)
    return reason.none
  }

  /** Open buys are covered in another way on a margin account. */
  #turnsMargin(base: number, permissions: number): boolean {
    const turns = isMargin(this.#rows, base) !== ((permissions & permission.margin) !== 0)
    return turns && this.#rows[base + field.openOrders] !== 0
  }

  #changeCash(account: number, change: number): Reason {
    const rows = this.#rows
    const base = account * width
    const cash = (rows[base + field.cash] as number) + change
    if (Math.abs(cash) > largestValue) return reason.malformed
    if (change < 0) {
      const refusal = this.#withdrawal(base, -change)
      if (refusal !== reason.none) return refusal
    }
    rows[base + field.cash] = cash
    return reason.none
  }

  /** What living orders and positions need stays. */
  #withdrawal(base: number, value: number): Reason {
    const rows = this.#rows
    if (!isMargin(rows, base)) {
      const reserved = rows[base + field.reserved] as number
      const needed = reserved + millionthsUp(reserved, rows[base + field.feeRate] as number)
      return (rows[base + field.cash] as number) - value < needed ? reason.buyingPower : reason.none
    }
    const reference = this.#prices.reference
    const exposure = reference === noPrice ? 0 : largestExposure(rows, base, 0, 0) * reference
    const needed = millionthsUp(exposure, rows[base + field.initialMargin] as number)
    return equity(rows, base, reference) - value < needed ? reason.margin : reason.none
  }

  #mayHold(base: number, sell: boolean, quantity: number, forced: boolean): boolean {
    const rows = this.#rows
    const position = rows[base + field.position] as number
    const sells = (rows[base + field.openSells] as number) + quantity - position
    if (sell) return sells <= this.#config.largestPosition && (forced || sells <= 0)
    return position + (rows[base + field.openBuys] as number) + quantity <= this.#config.largestPosition
  }

  #isPrice(price: number): boolean {
    return price >= this.#config.lowestPrice && price <= this.#config.highestPrice
  }
}
