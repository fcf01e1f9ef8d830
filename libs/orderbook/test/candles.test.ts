import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Candles, type ChartTrade, candleOf, candleStart } from '../src/index.ts'

const minute = 60_000_000

const trade = fc.record({
  price: fc.integer({ min: -1000, max: 1000 }),
  quantity: fc.integer({ min: 1, max: 2 ** 26 }),
  time: fc.integer({ min: 0, max: 5 * minute }),
})
const trades = fc
  .array(trade, { maxLength: 40 })
  .map((list) => list.map((one, index): ChartTrade => ({ ...one, number: index + 1 })))

/** All candles of a list of trades, from nothing. */
const fromScratch = (list: readonly ChartTrade[]) => {
  const starts = [...new Set(list.map(({ time }) => candleStart(time, minute)))].sort(
    (one, other) => one - other,
  )
  return starts.map((start) =>
    candleOf(
      start,
      list.filter(({ time }) => candleStart(time, minute) === start),
    ),
  )
}

describe('candles', () => {
  it('tell open, high, low, close and sums of an interval', () => {
    const candles = new Candles(minute)
    const prices = [100, 104, 98, 101]
    prices.forEach((price, index) => {
      candles.add({ number: index + 1, price, quantity: index + 1, time: minute + index })
    })
    candles.add({ number: 5, price: 7, quantity: 1, time: 2 * minute })
    expect(candles.all()).toEqual([
      { start: minute, open: 100, high: 104, low: 98, close: 101, quantity: 10n, value: 1006n, trades: 4 },
      { start: 2 * minute, open: 7, high: 7, low: 7, close: 7, quantity: 1n, value: 7n, trades: 1 },
    ])
  })

  it('are the same in whatever order trades come, also twice', () => {
    const shuffled = trades.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length })),
    )
    fc.assert(
      fc.property(shuffled, ([list, order]) => {
        const candles = new Candles(minute)
        for (const one of order) candles.add(one)
        expect(candles.all()).toEqual(fromScratch(list))
      }),
    )
  })

  it('are as if bust trades had never been and corrected ones had been right', () => {
    const changes = fc.array(fc.record({ number: fc.integer({ min: 1, max: 45 }), to: fc.option(trade) }), {
      maxLength: 15,
    })
    fc.assert(
      fc.property(trades, changes, (list, changes) => {
        const candles = new Candles(minute)
        for (const one of list) candles.add(one)
        let left = [...list]
        for (const { number, to } of changes) {
          const known = left.find((one) => one.number === number)
          const change = to === null ? candles.bust(number) : candles.correct(number, to)
          if (to === null) left = left.filter((one) => one.number !== number)
          else {
            const { price, quantity } = to
            left = left.map((one) => (one.number === number ? { ...one, price, quantity } : one))
          }
          expect(change?.start).toBe(known && candleStart(known.time, minute))
          expect(candles.all()).toEqual(fromScratch(left))
          if (change !== undefined) {
            expect(change.candle).toEqual(candles.all().find(({ start }) => start === change.start))
          }
        }
      }),
    )
  })

  it('go with their trades when they are let go', () => {
    const candles = new Candles(minute)
    candles.add({ number: 1, price: 1, quantity: 1, time: 0 })
    candles.add({ number: 2, price: 2, quantity: 1, time: minute })
    candles.forget(minute + 5)
    expect(candles.add({ number: 3, price: 3, quantity: 1, time: minute - 1 })).toBeUndefined()
    expect(candles.all().map(({ start }) => start)).toEqual([minute])
    expect(candles.bust(1)).toBeUndefined()
    expect(candles.bust(2)).toEqual({ start: minute, candle: undefined })
  })

  it('begin at the origin, before and after it', () => {
    expect(candleStart(-1, 10)).toBe(-10)
    expect(candleStart(0, 10)).toBe(0)
    expect(candleStart(9, 10)).toBe(0)
    expect(candleStart(12, 10, 3)).toBe(3)
    expect(candleStart(2, 10, 3)).toBe(-7)
    expect(() => new Candles(0)).toThrow(RangeError)
    expect(() => new Candles(1.5)).toThrow(RangeError)
  })
})
