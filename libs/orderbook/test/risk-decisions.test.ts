import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountStateBit, side } from '../src/layout.ts'
import { beginDay, usEquities, watch } from '../src/risk/circuit-breaker.ts'
import { decideMargin, lotsToClose, type MarginView } from '../src/risk/liquidation.ts'

const minute = 60_000_000
const opening = 1_700_000_000_000_000

describe('the circuit breaker', () => {
  const day = beginDay(500_000n, opening)

  it('halts at a step to the unit, once a day', () => {
    expect(watch(usEquities, day, 465_001n, opening).decision).toEqual({ kind: 'none' })
    const first = watch(usEquities, day, 465_000n, opening + minute)
    expect(first.decision).toEqual({ kind: 'halt', step: 0, until: opening + 16 * minute })
    expect(watch(usEquities, first.day, 440_000n, opening + 20 * minute).decision).toEqual({ kind: 'none' })
    const second = watch(usEquities, first.day, 435_000n, opening + 30 * minute)
    expect(second.decision).toEqual({ kind: 'halt', step: 1, until: opening + 45 * minute })
    expect(watch(usEquities, second.day, 400_001n, opening + 60 * minute).decision).toEqual({ kind: 'none' })
    expect(watch(usEquities, second.day, 400_000n, opening + 60 * minute).decision).toEqual({
      kind: 'haltForDay',
      step: 2,
    })
  })

  it('lets the largest step count where a fall skips some', () => {
    const fall = watch(usEquities, day, 430_000n, opening)
    expect(fall.decision).toMatchObject({ kind: 'halt', step: 1 })
    expect(watch(usEquities, fall.day, 460_000n, opening + minute).decision).toEqual({ kind: 'none' })
  })

  it('does not halt for a while late in the day, but does for the rest of it', () => {
    const latest = opening + 355 * minute
    expect(watch(usEquities, day, 465_000n, latest).decision.kind).toBe('halt')
    expect(watch(usEquities, day, 430_000n, latest + 1).decision.kind).toBe('none')
    expect(watch(usEquities, day, 400_000n, latest + 1).decision.kind).toBe('haltForDay')
  })

  it('counts rises only where the rules say so', () => {
    expect(watch(usEquities, day, 600_000n, opening).decision.kind).toBe('none')
    expect(watch({ ...usEquities, rises: true }, day, 600_000n, opening).decision.kind).toBe('haltForDay')
  })

  it('needs a level to measure from', () => {
    expect(() => beginDay(0n, opening)).toThrow(RangeError)
  })
})

describe('margin', () => {
  const policy = { callDuration: 60 * minute, slippage: 2, quantityStep: 10, largestOrder: 40 }
  const account: MarginView = { state: 0, position: 100, equity: 1_500, mark: 100, initialMargin: 200_000 }
  const called = { ...account, state: accountStateBit.marginCall }
  const liquidated = { ...account, state: accountStateBit.marginCall | accountStateBit.liquidation }

  it('is left alone, or called, with the amount up to the initial margin and a deadline that stays', () => {
    expect(decideMargin(account, policy, 5, 10)).toEqual({ kind: 'none' })
    expect(decideMargin(called, policy, null, 10)).toEqual({
      kind: 'marginCall',
      amount: 500,
      deadline: 10 + 60 * minute,
    })
    expect(decideMargin(called, policy, 20, 19)).toEqual({ kind: 'marginCall', amount: 500, deadline: 20 })
    expect(decideMargin({ ...called, initialMargin: 200_001 }, policy, 20, 19)).toMatchObject({ amount: 501 })
  })

  it('is restored by closing as little as it takes, in orders of the allowed size', () => {
    // 2,000 are needed, 500 lack; a lot frees 20 and costs 2: 27.8 lots, so 30.
    const orders = [{ side: side.sell, quantity: 30, price: 98 }]
    expect(decideMargin(liquidated, policy, null, 0)).toEqual({ kind: 'liquidate', orders })
    expect(decideMargin(called, policy, 20, 20)).toEqual({ kind: 'liquidate', orders })
    expect(decideMargin({ ...liquidated, position: -100, equity: 600 }, policy, null, 0)).toEqual({
      kind: 'liquidate',
      orders: [
        { side: side.buy, quantity: 40, price: 102 },
        { side: side.buy, quantity: 40, price: 102 },
      ],
    })
    expect(lotsToClose({ ...account, equity: -1 }, 2, 10)).toBe(100)
    expect(lotsToClose(account, 20, 10)).toBe(100)
    expect(lotsToClose({ ...account, equity: 2_000 }, 2, 10)).toBe(0)
  })

  it('is enough after closing, and not with a step less', () => {
    const view = fc.record({
      state: fc.constant(0),
      position: fc.integer({ min: -1_000, max: 1_000 }).filter((lots) => lots !== 0),
      equity: fc.integer({ min: -1_000, max: 1_000_000 }),
      mark: fc.integer({ min: 0, max: 10_000 }),
      initialMargin: fc.integer({ min: 0, max: 1_000_000 }),
    })
    fc.assert(
      fc.property(
        view,
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 7 }),
        (of, slippage, step) => {
          const closed = lotsToClose(of, slippage, step)
          const held = Math.abs(of.position)
          const enough = (lots: number) =>
            (of.equity - slippage * lots) * 1_000_000 >= (held - lots) * of.mark * of.initialMargin
          expect(closed <= held).toBe(true)
          if (closed < held) expect(enough(closed)).toBe(true)
          for (let less = 0; less < closed; less += step) expect(enough(less)).toBe(false)
        },
      ),
    )
  })
})
