import { checkConfig } from './config.ts'
import { Expiries } from './expiry.ts'
import { isSell, timeInForceOf, typeOf } from './flags.ts'
import { Ladder } from './ladder.ts'
import * as layout from './layout.ts'
import { Memory } from './memory.ts'
import { Orders } from './orders.ts'
import { Recorder } from './recorder.ts'
import { Risk } from './risk/risk.ts'
import * as slots from './slot.ts'
import { State } from './state.ts'
import { TrailingStops } from './trailing.ts'
import type { MarketConfig } from './types.ts'

const { noPrice, orderType, place, recordKind, timeInForce } = layout
const { at, enteredFlags, isHeld, slotShift } = slots

const { market } = orderType
const { goodTillDate } = timeInForce
const noLowest = 0x7fff_ffff

/** All that a market holds, and the steps that orders take into it and out of it. */
export class Book {
  readonly config: MarketConfig
  readonly memory: Memory
  readonly state: State
  readonly orders: Orders
  /** Words of all slots. */
  readonly words: Int32Array
  readonly bids: Ladder
  readonly asks: Ladder
  readonly buyStops: Ladder
  readonly sellStops: Ladder
  readonly trailing: TrailingStops
  readonly expiries: Expiries
  readonly out: Recorder
  readonly risk: Risk | undefined
  /** Highest and lowest price traded by the present command; `noPrice` and {@link noLowest} if it did not trade. */
  highest: number = noPrice
  lowest = noLowest
  /** What the dynamic band is measured from. */
  bandBase: number = noPrice

  constructor(config: MarketConfig) {
    checkConfig(config)
    const { lowestPrice, highestPrice } = config
    this.config = config
    const memory = new Memory(config)
    this.memory = memory
    this.state = new State(memory, config)
    this.orders = new Orders(memory, config.orders)
    const { words } = this.orders
    this.words = words
    this.bids = new Ladder(words, memory.ladder(0), lowestPrice, highestPrice, false)
    this.asks = new Ladder(words, memory.ladder(1), lowestPrice, highestPrice, true)
    this.buyStops = new Ladder(words, memory.ladder(2), lowestPrice, highestPrice, true)
    this.sellStops = new Ladder(words, memory.ladder(3), lowestPrice, highestPrice, false)
    this.trailing = new TrailingStops(this.orders)
    this.expiries = new Expiries(this.orders, config.orders)
    this.out = new Recorder(this.orders)
    this.risk = config.risk ? new Risk(config) : undefined
  }

  /** Forgets what concerned the command before. */
  begin(): void {
    this.highest = noPrice
    this.lowest = noLowest
    this.bandBase = this.state.lastPrice
  }

  isWithinBounds(price: number): boolean {
    return price >= this.config.lowestPrice && price <= this.config.highestPrice
  }

  clamp(price: number): number {
    return Math.min(Math.max(price, this.config.lowestPrice), this.config.highestPrice)
  }

  /** Whether a static band is set and a reference known, and the price is further away from it. */
  isOutsideBand(price: number): boolean {
    const { staticRange, referencePrice } = this.state
    return staticRange !== 0 && referencePrice !== noPrice && Math.abs(price - referencePrice) > staticRange
  }

  sameSide(flags: number): Ladder {
    return isSell(flags) ? this.asks : this.bids
  }

  opposite(flags: number): Ladder {
    return isSell(flags) ? this.bids : this.asks
  }

  stopsOf(flags: number): Ladder {
    return isSell(flags) ? this.sellStops : this.buyStops
  }

  /** Best price of a ladder, or `noPrice`. */
  bestPrice(levels: Ladder): number {
    return levels.isEmpty ? noPrice : levels.priceOf(levels.best)
  }

  /** Puts an order behind the others at its price. */
  rest(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    const levels = this.sameSide(flags)
    words[word + at.displayed] = shown(words, word)
    levels.append(levels.indexOf(words[word + at.price] as number), slot)
    if (typeOf(flags) === market) this.state.marketOrders++
    this.out.became(recordKind.rested, slot)
  }

  /** Counts a trade of a resting order: lots that were displayed. */
  execute(slot: number, quantity: number): void {
    const { words } = this
    const word = slot << slotShift
    words[word + at.leaves] = (words[word + at.leaves] as number) - quantity
    words[word + at.displayed] = (words[word + at.displayed] as number) - quantity
    words[word + at.executed] = (words[word + at.executed] as number) + quantity
  }

  /** After a trade: an order without leaves is gone, an iceberg that showed all it had to shows more, behind the others. */
  settle(levels: Ladder, index: number, slot: number): void {
    const { words } = this
    const word = slot << slotShift
    if ((words[word + at.leaves] as number) === 0) {
      levels.remove(index, slot)
      if (typeOf(words[word + at.flags] as number) === market) this.state.marketOrders--
      this.end(slot, true)
    } else if ((words[word + at.displayed] as number) === 0) {
      levels.remove(index, slot)
      words[word + at.displayed] = shown(words, word)
      levels.append(index, slot)
      this.out.became(recordKind.refreshed, slot)
    }
  }

  traded(price: number): void {
    this.state.lastPrice = price
    if (price > this.highest) this.highest = price
    if (price < this.lowest) this.lowest = price
  }

  filled(risk: Risk, slot: number, quantity: number, price: number): void {
    const { words } = this
    const word = slot << slotShift
    risk.filled(
      words[word + at.account] as number,
      (words[word + at.flags] as number) & enteredFlags,
      quantity,
      price,
      words[word + at.valuation] as number,
    )
  }

  /** Takes lots from an order without a trade; returns how many of them were displayed. */
  lose(slot: number, lots: number): number {
    const { words } = this
    const word = slot << slotShift
    const leaves = (words[word + at.leaves] as number) - lots
    const displayed = words[word + at.displayed] as number
    words[word + at.leaves] = leaves
    if (this.risk !== undefined) this.left(this.risk, slot, lots)
    if (displayed <= leaves) return 0
    words[word + at.displayed] = leaves
    return displayed - leaves
  }

  left(risk: Risk, slot: number, lots: number): void {
    const { words } = this
    const word = slot << slotShift
    risk.left(
      words[word + at.account] as number,
      (words[word + at.flags] as number) & enteredFlags,
      lots,
      words[word + at.valuation] as number,
    )
  }

  /** Removes a living order from wherever it is. */
  remove(slot: number, reason: number): void {
    this.out.removed(slot, reason, this.placeOf(slot))
    this.detach(slot)
    this.drop(slot, true)
  }

  /** Ends an order that is in no level and still has leaves. */
  drop(slot: number, isLinked: boolean): void {
    if (this.risk !== undefined) {
      this.left(this.risk, slot, this.words[(slot << slotShift) + at.leaves] as number)
    }
    this.end(slot, isLinked)
  }

  placeOf(slot: number): number {
    return ((this.words[(slot << slotShift) + at.flags] as number) & isHeld) === 0 ? place.book : place.stops
  }

  /** Takes an order out of its level, in the book or among the stops. */
  detach(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    if ((flags & isHeld) !== 0) {
      this.release(slot)
      return
    }
    const levels = this.sameSide(flags)
    levels.remove(levels.indexOf(words[word + at.price] as number), slot)
    words[word + at.displayed] = 0
    if (typeOf(flags) === market) this.state.marketOrders--
  }

  /** Puts an order among the stops. */
  hold(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    words[word + at.flags] = flags | isHeld
    const stops = this.stopsOf(flags)
    stops.append(stops.indexOf(this.orders.stop(slot)), slot)
    if (typeOf(flags) === orderType.trailingStop) this.trailing.add(slot)
  }

  /** Takes an order out of the stops. */
  release(slot: number): void {
    const { words } = this
    const word = slot << slotShift
    const flags = words[word + at.flags] as number
    const stops = this.stopsOf(flags)
    stops.remove(stops.indexOf(this.orders.stop(slot)), slot)
    if (typeOf(flags) === orderType.trailingStop) this.trailing.delete(slot)
    words[word + at.flags] = flags & enteredFlags
  }

  /**
   * Frees the slot of an order that is in no level any more.
   *
   * @param isLinked it is among the orders of its account and session
   */
  end(slot: number, isLinked: boolean): void {
    const { words } = this
    const word = slot << slotShift
    if (timeInForceOf(words[word + at.flags] as number) === goodTillDate) this.expiries.remove(slot)
    if (this.risk !== undefined) this.risk.ended(words[word + at.account] as number)
    if (isLinked) this.orders.unlink(slot)
    this.orders.release(slot)
  }
}

/** What a resting order shows. */
function shown(words: Int32Array, word: number): number {
  const display = words[word + at.display] as number
  const leaves = words[word + at.leaves] as number
  return display === 0 || display > leaves ? leaves : display
}
