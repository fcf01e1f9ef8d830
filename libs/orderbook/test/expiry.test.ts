import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Expiries } from '../src/expiry.ts'
import { Memory } from '../src/memory.ts'
import { Orders } from '../src/orders.ts'
import { aside, asideShift, at, slotShift } from '../src/slot.ts'

test('orders come out by expiry and then by number, whatever left before', () => {
  const seconds = fc.integer({ min: 2 ** 31 - 5, max: 2 ** 31 + 5 })
  fc.assert(
    fc.property(fc.array(fc.tuple(seconds, fc.boolean()), { maxLength: 60 }), (entered) => {
      const orders = new Orders(
        new Memory({ orders: 60, accounts: 1, sessions: 1, lowestPrice: 1, highestPrice: 1 }),
        60,
      )
      const expiries = new Expiries(orders, 60)
      const living: { slot: number; expiry: number; number: number }[] = []
      for (const [index, [expiry]] of entered.entries()) {
        const slot = orders.take()
        const number = 1000 + index
        orders.words[(slot << slotShift) + at.order] = number
        orders.aside[(slot << asideShift) + aside.expiry] = expiry
        expiries.add(slot)
        living.push({ slot, expiry, number })
      }
      for (const [index, [, leaves]] of [...entered.entries()].reverse()) {
        if (leaves) for (const { slot } of living.splice(index, 1)) expiries.remove(slot)
      }
      living.sort((one, other) => one.expiry - other.expiry || one.number - other.number)
      for (const { slot, expiry } of living) {
        expect(expiries.earliestUs).toBe(expiry * 1_000_000)
        expect(expiries.first).toBe(slot)
        expiries.remove(slot)
      }
      expect(expiries.earliestUs).toBe(Number.POSITIVE_INFINITY)
    }),
  )
})
