import { noPrice, phase } from '../../layout.ts'
import type { MarketConfig } from '../../types.ts'
import { clamp, isBuy, isStopType, type Order } from './order.ts'
import { Records } from './records.ts'
import type { RiskCalls } from './risk-calls.ts'

/** What the settings of a market are, by the names of `marketSetting`. */
interface Settings {
  active: number
  staticRange: number
  dynamicRange: number
  protection: number
  priceStep: number
  quantityStep: number
  largestOrder: number
}

/** Everything the naive market knows. Lists are sorted arrays, best first. */
export class State {
  readonly config: MarketConfig
  readonly risk: RiskCalls | undefined
  readonly settings: Settings
  phase: number = phase.closed
  reference = noPrice
  last = noPrice
  limitState = 0
  sequence = 0
  time = 0
  entries = 0
  trades = 0
  killed = false
  readonly killedAccounts = new Set<number>()
  readonly killedSessions = new Set<number>()
  readonly bids: Order[] = []
  readonly asks: Order[] = []
  readonly buyStops: Order[] = []
  readonly sellStops: Order[] = []
  readonly #freeSlots: number[] = []
  #usedSlots = 0

  /** Of the command that is being carried out. */
  records = new Records()
  /** The price that the dynamic band is around. */
  bandPrice = noPrice
  highestTraded = Number.NEGATIVE_INFINITY
  lowestTraded = Number.POSITIVE_INFINITY
  tradesBefore = 0

  constructor(config: MarketConfig, risk: RiskCalls | undefined) {
    this.config = config
    this.risk = risk
    this.settings = {
      active: 1,
      staticRange: 0,
      dynamicRange: 0,
      protection: 0,
      priceStep: 1,
      quantityStep: 1,
      largestOrder: config.largestPosition,
    }
  }

  beginCommand(): void {
    this.sequence += 1
    this.records = new Records()
    this.bandPrice = this.last
    this.highestTraded = Number.NEGATIVE_INFINITY
    this.lowestTraded = Number.POSITIVE_INFINITY
    this.tradesBefore = this.trades
  }

  /** In priority: bids from the best, asks from the best, buy stops from the lowest, sell stops from the highest. */
  living(): Order[] {
    return [...this.bids, ...this.asks, ...this.buyStops, ...this.sellStops]
  }

  inOrderOfEntry(): Order[] {
    return this.living().sort((one, other) => one.number - other.number)
  }

  isInBook(order: Order): boolean {
    return this.bids.includes(order) || this.asks.includes(order)
  }

  /** The side of the book that an order of this side trades with. */
  oppositeOf(buys: boolean): Order[] {
    return buys ? this.asks : this.bids
  }

  hasFreeSlot(): boolean {
    return this.#freeSlots.length > 0 || this.#usedSlots < this.config.orders
  }

  takeSlot(): number {
    const freed = this.#freeSlots.pop()
    if (freed !== undefined) return freed
    this.#usedSlots += 1
    return this.#usedSlots
  }

  freeSlot(slot: number): void {
    this.#freeSlots.push(slot)
  }

  /** Adds it behind all that are not worse. */
  addToBook(order: Order): void {
    const list = isBuy(order) ? this.bids : this.asks
    const worse = (other: Order): boolean =>
      isBuy(order) ? other.price < order.price : other.price > order.price
    insertBeforeFirst(list, order, worse)
  }

  addToStops(order: Order): void {
    const list = isBuy(order) ? this.buyStops : this.sellStops
    const later = (other: Order): boolean =>
      isBuy(order) ? other.stop > order.stop : other.stop < order.stop
    insertBeforeFirst(list, order, later)
  }

  /** Takes it from whatever list it is in. */
  takeOut(order: Order): void {
    for (const list of [this.bids, this.asks, this.buyStops, this.sellStops]) {
      const index = list.indexOf(order)
      if (index >= 0) list.splice(index, 1)
    }
  }

  clamped(price: number): number {
    return clamp(price, this.config.lowestPrice, this.config.highestPrice)
  }

  inBounds(price: number): boolean {
    return price >= this.config.lowestPrice && price <= this.config.highestPrice
  }

  hasStaticBand(): boolean {
    return this.settings.staticRange > 0 && this.reference !== noPrice
  }

  inStaticBand(price: number): boolean {
    return !this.hasStaticBand() || Math.abs(price - this.reference) <= this.settings.staticRange
  }

  inDynamicBand(price: number): boolean {
    if (this.settings.dynamicRange === 0 || this.bandPrice === noPrice) return true
    return Math.abs(price - this.bandPrice) <= this.settings.dynamicRange
  }

  collects(): boolean {
    return isCollecting(this.phase)
  }

  /** Whether the order's stop is still waiting to be triggered. */
  isHeld(order: Order): boolean {
    return isStopType(order.is.type) && !this.isInBook(order)
  }
}

export const isCollecting = (phaseNumber: number): boolean =>
  phaseNumber === phase.preOpen ||
  phaseNumber === phase.openingAuction ||
  phaseNumber === phase.volatilityAuction ||
  phaseNumber === phase.closingAuction

const insertBeforeFirst = (list: Order[], order: Order, comesAfter: (other: Order) => boolean): void => {
  const index = list.findIndex(comesAfter)
  list.splice(index < 0 ? list.length : index, 0, order)
}
