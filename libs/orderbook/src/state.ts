import { noPrice, phase } from './layout.ts'
import type { MarketConfig } from './types.ts'

/** The numbers of a market beside its orders: where it stands, and its settings. */
export class State {
  /** Commands, accepted entries and trades so far. */
  sequence = 0
  entries = 0
  trades = 0
  timeUs = 0
  phase: number = phase.closed
  lastPrice: number = noPrice
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

  constructor(config: MarketConfig) {
    this.largestOrder = config.largestPosition
  }

  toNumbers(): number[] {
    return names.map((name) => this[name])
  }

  /** @param numbers of `toNumbers`, of which there must be as many */
  restore(numbers: Float64Array): void {
    for (const [index, name] of names.entries()) this[name] = numbers[index] ?? Number.NaN
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
