import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changePhase, enterOrder } from '../src/index.ts'
import {
  type BookView,
  Invariants,
  minimise,
  NaiveMarket,
  recordsOf,
  viewOfNaive,
} from '../src/testing/index.ts'

const config = {
  lowestPrice: 1,
  highestPrice: 1000,
  orders: 10,
  accounts: 3,
  sessions: 1,
  clientIds: 1,
  largestPosition: 1000,
  risk: false,
  digest: false,
}

/** A market with two bids at one price, one of them an iceberg, and an ask that took some of the first. */
const commands = [
  changePhase({ phase: 'continuous', time: 1 }),
  enterOrder({ account: 1, side: 'buy', price: 100, quantity: 5, time: 2 }),
  enterOrder({ account: 2, side: 'buy', price: 100, quantity: 9, display: 2, time: 3 }),
  enterOrder({ account: 3, side: 'sell', price: 100, quantity: 2, time: 4 }),
  enterOrder({ account: 3, side: 'sell', price: 105, quantity: 4, time: 5 }),
]

/** Checks every command, the last one with what is changed in its records and in what the market shows. */
const check = (change: (records: number[]) => void, spoil: (view: BookView) => Partial<BookView>): void => {
  const market = new NaiveMarket(config)
  const view = viewOfNaive(market)
  const invariants = new Invariants()
  for (const [index, command] of commands.entries()) {
    const isLast = index === commands.length - 1
    const records = [...recordsOf(market, command)]
    if (isLast) change(records)
    const shown: BookView = { phase: view.phase, orders: view.orders, level: view.level }
    const spoilt = isLast ? { ...shown, ...spoil(shown) } : shown
    invariants.check(Int32Array.from(records), records.length / 16, spoilt)
  }
}

const asTold = (): void => undefined
const asShown = (): Partial<BookView> => ({})

describe('the invariants', () => {
  it('hold for the rules', () => {
    expect(() => check(asTold, asShown)).not.toThrow()
  })

  it.each<[string, (records: number[]) => void, string]>([
    ['a wrong count', (records) => records.splice(3, 1, 7), 'counts 7 records of 2'],
    ['a gap in the sequence', (records) => records.splice(1, 1, 9), 'command 9 comes after 4'],
    ['an order out of turn', (records) => records.splice(6, 1, 9), 'order 9 comes after 3'],
    ['lots from nowhere', (records) => records.splice(16 + 6, 1, 5), 'has 5 open lots, not 4'],
    ['a refusal that rests', (records) => records.splice(5, 1, 26), 'a refusal changed something: rested'],
    ['an order nobody entered', (records) => records.splice(16 + 1, 1, 8), 'order 8, which does not live'],
  ])('find %s in the records', (_, change, message) => {
    expect(() => check(change, asShown)).toThrow(message)
  })

  it.each<[string, (view: BookView) => Partial<BookView>, string]>([
    ['a hidden order', (view) => ({ orders: (of) => [...view.orders(of)].slice(1) }), 'orders shown'],
    ['a queue jumped', (view) => ({ orders: (of) => [...view.orders(of)].reverse() }), 'stands behind'],
    [
      'a leaked hidden part',
      (view) => ({
        orders: (of) => [...view.orders(of)].map((order) => ({ ...order, displayed: order.leaves })),
      }),
      'shows 9, not 2',
    ],
    [
      'a wrong level sum',
      (view) => ({ level: (of, price) => ({ ...view.level(of, price), total: 1 }) }),
      'buy level 100',
    ],
  ])('find %s in what is shown', (_, spoil, message) => {
    expect(() => check(asTold, spoil)).toThrow(message)
  })

  it('find a crossed book as soon as it trades continuously', () => {
    const market = new NaiveMarket(config)
    const invariants = new Invariants()
    const crossed = [
      changePhase({ phase: 'preOpen', time: 1 }),
      enterOrder({ account: 1, side: 'buy', price: 100, quantity: 5, time: 2 }),
      enterOrder({ account: 2, side: 'sell', price: 90, quantity: 5, time: 3 }),
    ]
    const play = (view: (own: BookView) => BookView): void => {
      for (const command of crossed) {
        const records = recordsOf(market, command)
        invariants.check(records, records.length / 16, view(viewOfNaive(market)))
      }
    }
    expect(() => play((own) => ({ orders: own.orders, level: own.level, phase: 'continuous' }))).toThrow(
      'crossed',
    )
  })
})

describe('minimise', () => {
  it('keeps exactly what is needed to fail', () => {
    const wanted = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(wanted, (needed) => {
        const all = Array.from({ length: 61 }, (_, index) => index)
        const fails = (items: readonly number[]): boolean => needed.every((each) => items.includes(each))
        expect(minimise(all, fails)).toEqual(needed.toSorted((one, other) => one - other))
      }),
    )
  })
})
