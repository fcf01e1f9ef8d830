import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bitmap, none } from '../src/bitmap.ts'
import { Ladder } from '../src/ladder.ts'
import { Memory } from '../src/memory.ts'
import { at, slotShift } from '../src/slot.ts'

describe('a bitmap', () => {
  const sizes = [1, 31, 32, 33, 1024, 1025, 40_000, 2 ** 21 + 1]

  test.each(sizes)('of %d finds what a sorted list finds', (size) => {
    const index = fc.nat(size - 1)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(index, fc.boolean()), { maxLength: 60 }),
        fc.array(index),
        (changes, asked) => {
          const bitmap = new Bitmap(size)
          const members = new Set<number>()
          for (const [member, isIn] of changes) {
            if (isIn) bitmap.add(member)
            else bitmap.delete(member)
            if (isIn) members.add(member)
            else members.delete(member)
          }
          const sorted = [...members].sort((one, other) => one - other)
          for (const from of [-1, ...asked, ...sorted, size - 1]) {
            expect(bitmap.after(from)).toBe(sorted.find((member) => member > from) ?? none)
          }
          for (const from of [...asked, ...sorted, size - 1]) {
            expect(bitmap.before(from)).toBe(sorted.findLast((member) => member < from) ?? -1)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('a ladder', () => {
  const words = new Int32Array(16 * 1000)
  const sizes = { orders: 1, accounts: 1, sessions: 0 }

  test.each([
    ['upwards', true],
    ['downwards', false],
  ])('%s keeps levels in order and orders in the order of arrival', (_, upwards) => {
    const steps = fc.array(
      fc.record({
        price: fc.integer({ min: -40, max: 60 }),
        leaves: fc.integer({ min: 1, max: 9 }),
        leaves2: fc.nat(9),
      }),
      { maxLength: 80 },
    )
    fc.assert(
      fc.property(steps, fc.array(fc.nat(79)), (entered, removed) => {
        const memory = new Memory({ ...sizes, lowestPrice: -50, highestPrice: 70 }).ladder(0)
        const ladder = new Ladder(words, memory, -50, 70, upwards)
        const model: { slot: number; price: number; leaves: number; displayed: number }[] = []
        for (const [index, { price, leaves, leaves2 }] of entered.entries()) {
          const order = { slot: index + 1, price, leaves, displayed: Math.min(leaves, leaves2) }
          words[(order.slot << slotShift) + at.leaves] = order.leaves
          words[(order.slot << slotShift) + at.displayed] = order.displayed
          ladder.append(ladder.indexOf(price), order.slot)
          model.push(order)
        }
        for (const which of removed) {
          const [order] = model.splice(which, 1)
          if (order !== undefined) ladder.remove(ladder.indexOf(order.price), order.slot)
        }
        const prices = [...new Set(model.map(({ price }) => price))].sort((a, b) => (upwards ? a - b : b - a))
        expect(pricesOf(ladder)).toEqual(prices)
        for (const price of prices) {
          const level = model.filter((order) => order.price === price)
          const index = ladder.indexOf(price)
          expect(slotsOf(ladder, index)).toEqual(level.map(({ slot }) => slot))
          expect(ladder.total(index)).toBe(level.reduce((sum, { leaves }) => sum + leaves, 0))
          expect(ladder.displayed(index)).toBe(level.reduce((sum, { displayed }) => sum + displayed, 0))
        }
      }),
    )
  })

  test('touches as many words in a level of a million orders as in one of ten', () => {
    const count = 1_000_000
    let touched = 0
    const slots = new Int32Array((count + 10) << slotShift)
    const counted = new Proxy(slots, {
      get: (target, key) => {
        touched++
        return Reflect.get(target, key)
      },
      set: (target, key, value) => {
        touched++
        return Reflect.set(target, key, value)
      },
    })
    const ladder = new Ladder(
      counted,
      new Memory({ ...sizes, lowestPrice: 1, highestPrice: 10 }).ladder(0),
      1,
      10,
      true,
    )
    const costOf = (step: () => void): number => {
      touched = 0
      step()
      return touched
    }
    const costs = (size: number, newest: number): number[] => [
      costOf(() => ladder.append(3, newest + 1)),
      costOf(() => ladder.remove(3, newest + 1)),
      costOf(() => ladder.remove(3, Math.floor(size / 2))),
      costOf(() => ladder.append(3, Math.floor(size / 2))),
      costOf(() => ladder.first(3)),
    ]
    for (let slot = 1; slot <= 10; slot++) ladder.append(3, slot)
    const ofTen = costs(10, 10)
    for (let slot = 11; slot <= count; slot++) ladder.append(3, slot)
    expect(costs(count, count)).toEqual(ofTen)
  })

  function pricesOf(ladder: Ladder): number[] {
    const prices: number[] = []
    for (let index = ladder.best; index !== none; index = ladder.after(index))
      prices.push(ladder.priceOf(index))
    return prices
  }

  function slotsOf(ladder: Ladder, index: number): number[] {
    const slots: number[] = []
    for (let slot = ladder.first(index); slot !== 0; slot = words[(slot << slotShift) + at.next] ?? 0)
      slots.push(slot)
    return slots
  }
})
