import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientIds } from '../src/risk/client-ids.ts'

const capacity = 30
/** Rows of ids, and some that are far apart. */
const id = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.oneof(fc.nat(70), fc.integer()),
  fc.constantFrom(0, 1, -1),
)

test('ids are known from when they were added until a day ends without their order, as in a map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.nat(30)), { maxLength: 100, size: 'max' }), (asked) => {
      const ids = new ClientIds(capacity, 4)
      const known = new Map<string, number>()
      for (const [index, [[account, low, high], pass]] of asked.entries()) {
        const name = `${account} ${low} ${high}`
        expect(ids.has(account, low, high)).toBe(known.has(name))
        expect(ids.order(account, low, high)).toBe(known.get(name) ?? 0)
        expect(ids.slot(account, low, high)).toBe(-(known.get(name) ?? 0) || 0)
        expect(ids.full).toBe(known.size >= capacity)
        if (!known.has(name) && !ids.full) {
          expect(ids.claim(account, low, high, index + 1, -index - 1)).toBe(true)
          known.set(name, index + 1)
        } else {
          expect(ids.claim(account, low, high, index + 1, -index - 1)).toBe(false)
        }
        if (pass === 0) {
          ids.keep((order) => order % 3 !== 0)
          for (const [each, order] of known) if (order % 3 === 0) known.delete(each)
        }
      }
      const [head = new Int32Array(0), entries = new Int32Array(0)] = ids.parts()
      const restored = new ClientIds(capacity, 4)
      restored.restore(head, entries)
      for (const [[account, low, high]] of asked)
        expect(restored.order(account, low, high)).toBe(known.get(`${account} ${low} ${high}`) ?? 0)
      expect(restored.parts()).toEqual(ids.parts())
    }),
  )
})

test('parts that do not belong together are refused', () => {
  const ids = new ClientIds(capacity, 4)
  expect(() => ids.restore(Int32Array.of(2), new Int32Array(5))).toThrow(RangeError)
  expect(() => ids.restore(Int32Array.of(capacity + 1), new Int32Array(5 * capacity + 5))).toThrow(RangeError)
})

test('ids that rise are found among thousands, and those between them are not', () => {
  const rises = fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 33 })),
  )
  fc.assert(
    fc.property(fc.array(rises, { minLength: 500, maxLength: 3_000 }), (steps) => {
      const ids = new ClientIds(4_000, 4)
      const last = [0, 0, 0, 0]
      const known = steps.map(([account, by], index) => {
        const id = (last[account] ?? 0) + by
        last[account] = id
        expect(ids.claim(account, id | 0, Math.floor(id / 2 ** 32), index + 1, index + 7)).toBe(true)
        return { account, id, order: index + 1 }
      })
      const names = new Set(known.map(({ account, id }) => `${account} ${id}`))
      for (const { account, id, order } of known) {
        const high = Math.floor(id / 2 ** 32)
        expect(ids.order(account, id | 0, high)).toBe(order)
        expect(ids.slot(account, id | 0, high)).toBe(order + 6)
        expect(ids.has(account, (id + 1) | 0, Math.floor((id + 1) / 2 ** 32))).toBe(
          names.has(`${account} ${id + 1}`),
        )
      }
      expect(ids.has(4, known[0]?.id ?? 0, 0)).toBe(false)
    }),
    { numRuns: 20 },
  )
})
