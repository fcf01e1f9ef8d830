import { requestId, systemRandom, uuidv7 } from '@florin/kernel'
import { seededRandom, TestClock } from '@florin/kernel/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('UUIDv7', () => {
  test('holds the milliseconds of RFC 9562, appendix A.6, in its first 48 bits', () => {
    const id = uuidv7(new TestClock(0x017f22e279b0), seededRandom(1))
    expect(id).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('sorts by time', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
    fc.assert(
      fc.property(time, time, fc.integer(), (a, b, seed) => {
        const random = seededRandom(seed)
        const first = uuidv7(new TestClock(Math.min(a, b)), random)
        const second = uuidv7(new TestClock(Math.max(a, b)), random)
        if (a !== b) expect(first < second).toBe(true)
      }),
    )
  })

  test('uses all 74 random bits', () => {
    const clock = new TestClock(0)
    let ones = 0n
    let zeros = 0n
    for (let i = 0; i < 200; i++) {
      const bits = BigInt(`0x${uuidv7(clock, systemRandom).replaceAll('-', '')}`)
      ones |= bits
      zeros |= ~bits & (2n ** 128n - 1n)
    }
    const random = 2n ** 80n - 1n - (0xfn << 76n) - (0x3n << 62n)
    expect((ones & zeros & random) === random).toBe(true)
    expect(ones & zeros & ~random).toBe(0n)
  })
})

describe('the id of a request', () => {
  test('is a UUIDv8 that depends on caller, command and key alone', () => {
    const id = requestId('till', 'ledger.post', 'k1')
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(requestId('till', 'ledger.post', 'k1')).toBe(id)
  })

  test('keeps parts apart that read the same when joined', () => {
    const text = fc.string({ maxLength: 4, unit: fc.constantFrom('a', 'b', '1', ':', ' ') })
    const parts = fc.tuple(text, text, text)
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(requestId(...a) === requestId(...b)).toBe(a.every((part, i) => part === b[i]))
      }),
      {
        numRuns: 2_000,
        examples: [
          [
            ['a', 'bc', ''],
            ['ab', 'c', ''],
          ],
          [
            ['1:a', '', ''],
            ['', '1:a', ''],
          ],
        ],
      },
    )
  })
})
