import { noPrice, phase } from './layout.ts'
import type { Memory } from './memory.ts'
import * as memories from './memory.ts'
import type { MarketConfig } from './types.ts'

const { cell } = memories

const twoTo32 = 0x1_0000_0000

/** The numbers of a market beside its orders: where it stands, and its settings. What the short way changes is in cells. */
export class State {
  phase: number = phase.closed
  referencePrice: number = noPrice
  limitState = 0
  /** Market orders that wait in the book for an auction. */
  marketOrders = 0
  /** 1 if everything is killed. */
  killed = 0
  active = 1
  staticRange = 0
  dynamicRange = 0
  protection = 0
  priceStep = 1
  quantityStep = 1
  largestOrder: number
  readonly #cells: Int32Array

  constructor({ ints }: Memory, config: MarketConfig) {
    this.#cells = ints
    this.lastPrice = noPrice
    this.largestOrder = config.largestPosition
  }

  /** Commands so far. */
  get sequence(): number {
    return this.#double(cell.sequenceLow)
  }

  set sequence(value: number) {
    this.#setDouble(cell.sequenceLow, value)
  }

  /** Of the last command, in microseconds since 1970. */
  get timeUs(): number {
    return this.#double(cell.timeLow)
  }

  set timeUs(value: number) {
    this.#setDouble(cell.timeLow, value)
  }

  /** Accepted entries so far. */
  get entries(): number {
    return this.#cells[cell.entries] as number
  }

  set entries(value: number) {
    this.#cells[cell.entries] = value
  }

  /** Trades so far. */
  get trades(): number {
    return this.#cells[cell.trades] as number
  }

  set trades(value: number) {
    this.#cells[cell.trades] = value
  }

  get lastPrice(): number {
    return this.#cells[cell.lastPrice] as number
  }

  set lastPrice(value: number) {
    this.#cells[cell.lastPrice] = value
  }

  toNumbers(): number[] {
    return names.map((name) => this[name])
  }

  /** @param numbers of `toNumbers`, of which there must be as many */
  restore(numbers: Float64Array): void {
    for (const [index, name] of names.entries()) this[name] = numbers[index] ?? Number.NaN
  }

  /** Two cells, the low one unsigned. */
  #double(low: number): number {
    return (this.#cells[low + 1] as number) * twoTo32 + ((this.#cells[low] as number) >>> 0)
  }

  #setDouble(low: number, value: number): void {
    this.#cells[low] = value
    this.#cells[low + 1] = value / twoTo32
  }
}

const names = [
  'sequence',
  'entries',
  'trades',
  'timeUs',
  'phase',
  'lastPrice',
  'referencePrice',
  'limitState',
  'marketOrders',
  'killed',
  'active',
  'staticRange',
  'dynamicRange',
  'protection',
  'priceStep',
  'quantityStep',
  'largestOrder',
] as const
