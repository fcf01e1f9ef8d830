import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  exceedsMillionths,
  isAboveMillionths,
  millionths,
  millionthsUp,
  share,
} from '../src/risk/arithmetic.ts'

const million = 1_000_000n
/** Small, large, and next to powers of two and to multiples of a million, where rounding goes wrong first. */
const upTo = (highest: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: Math.min(highest, 1_000) }),
    fc.maxSafeInteger().map((value) => Math.abs(value) % (highest + 1)),
    fc
      .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 }))
      .map(([power, by]) => Math.min(Math.max(2 ** power + by, 0), highest)),
    fc
      .tuple(fc.integer({ min: 0, max: Math.floor(highest / 1_000_000) }), fc.integer({ min: -1, max: 1 }))
      .map(([millions, by]) => Math.min(Math.max(millions * 1_000_000 + by, 0), highest)),
  )
const money = upTo(2 ** 51)
const rate = upTo(4_000_000)
const runs = { numRuns: 2_000 }

it('shares a cost exactly, rounding towards zero', () => {
  const parts = fc.tuple(upTo(2 ** 53 - 1), upTo(2 ** 26 - 1), upTo(2 ** 26 - 1))
  fc.assert(
    fc.property(parts, ([total, one, other]) => {
      const whole = Math.max(one, other, 1)
      const part = Math.min(one, other)
      expect(BigInt(share(total, part, whole))).toBe((BigInt(total) * BigInt(part)) / BigInt(whole))
    }),
    runs,
  )
})

it('takes millionths exactly, rounding down or up', () => {
  fc.assert(
    fc.property(money, rate, (value, of) => {
      const product = BigInt(value) * BigInt(of)
      expect(BigInt(millionths(value, of))).toBe(product / million)
      expect(BigInt(millionthsUp(value, of))).toBe((product + million - 1n) / million)
    }),
    runs,
  )
})

it('compares with millionths exactly, next to the limit, too', () => {
  fc.assert(
    fc.property(money, rate, fc.integer({ min: -2, max: 2 }), money, (value, of, by, other) => {
      const product = BigInt(value) * BigInt(of)
      for (const bound of [millionths(value, of) + by, other, -other]) {
        expect(exceedsMillionths(value, of, bound)).toBe(product > BigInt(bound) * million)
        if (bound >= 0) expect(isAboveMillionths(bound, value, of)).toBe(BigInt(bound) * million > product)
      }
    }),
    runs,
  )
})
