import { noPrice, phase as phases, side } from '@florin/orderbook'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterPhase, type Halt, nextMove, withholds } from '../../src/domain/halts.ts'
import { fitted, ordersOfRound } from '../../src/domain/liquidation.ts'
import { enginePhases } from '../../src/domain/phase-names.ts'
import { type BreakerPolicy, BreakerWatch, breakerFault } from '../../src/domain/supervision.ts'

const second = 1_000_000

const policies = fc
  .record({
    steps: fc.uniqueArray(
      fc.record({
        move_ppm: fc.integer({ min: 1, max: 400_000 }),
        halt_s: fc.integer({ min: 1, max: 100 }),
        within_s: fc.option(fc.integer({ min: 0, max: 200 }), { nil: null }),
      }),
      { maxLength: 4, selector: ({ move_ppm }) => move_ppm },
    ),
    rises: fc.boolean(),
    auction_s: fc.constant(0),
  })
  .map(
    (policy): BreakerPolicy => ({ ...policy, steps: policy.steps.sort((a, b) => a.move_ppm - b.move_ppm) }),
  )

const happenings = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        price: fc.integer({ min: 50, max: 150 }),
        after: fc.integer({ min: 0, max: 30 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant('close' as const) },
    { weight: 2, arbitrary: fc.constant('open' as const) },
  ),
  { maxLength: 60 },
)

test('a breaker finds what a look at the whole day finds', () => {
  fc.assert(
    fc.property(policies, happenings, (policy, happened) => {
      const versions = [{ version: 1, policy, sinceUs: 0 }]
      let watch = new BreakerWatch(versions, { openingUs: undefined, used: 0, version: 0 })
      let openedAt: number | undefined
      const counted = new Set<number>()
      let now = 1
      for (const one of happened) {
        // What it remembers is all that it needs.
        watch = new BreakerWatch(versions, watch.day)
        if (one === 'open') {
          watch.opened(now * second)
          openedAt ??= now
        } else if (one === 'close') {
          watch.closed()
          openedAt = undefined
          counted.clear()
        } else {
          now += one.after
          const trip = watch.traded(one.price, 100, now * second)
          // Naive: the largest step that is reached and above all that counted before.
          const fall = policy.rises ? Math.abs(100 - one.price) : 100 - one.price
          const reached = policy.steps.flatMap((step, i) => {
            const inTime =
              openedAt !== undefined && (step.within_s === null || now - openedAt <= step.within_s)
            const above = [...counted].every((before) => before < i)
            return inTime && above && fall * 10_000 >= step.move_ppm ? [i] : []
          })
          const expected = reached.at(-1)
          expect(trip?.step).toBe(expected === undefined ? undefined : expected + 1)
          if (expected === undefined) continue
          counted.add(expected)
          expect(trip?.untilUs).toBe((now + (policy.steps[expected]?.halt_s ?? 0)) * second)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('without a reference, or before a day began, nothing counts', () => {
  const policy = { steps: [{ move_ppm: 1, halt_s: 1, within_s: null }], rises: true, auction_s: 0 }
  const watch = new BreakerWatch([{ version: 1, policy, sinceUs: 10 }], {
    openingUs: undefined,
    used: 0,
    version: 0,
  })
  expect(watch.traded(50, 100, 20)).toBeUndefined()
  watch.opened(20)
  expect(watch.traded(50, noPrice, 20)).toBeUndefined()
  expect(watch.traded(50, 0, 20)).toBeUndefined()
  // Before the policy was set.
  expect(watch.traded(50, 100, 9)).toBeUndefined()
  expect(watch.traded(50, 100, 20)?.step).toBe(1)
})

test('steps that contradict each other are named', () => {
  const step = (move_ppm: number, halt_s: number | null) => ({ move_ppm, halt_s, within_s: null })
  expect(breakerFault({ steps: [step(1, 1), step(2, null)] })).toBeUndefined()
  expect(breakerFault({ steps: [step(2, 1), step(2, 1)] })).toMatch(/step 2/)
  expect(breakerFault({ steps: [step(2, null), step(3, 1)] })).toMatch(/ends the day/)
})

const actions = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('look' as const) },
    { weight: 3, arbitrary: fc.constant('wait' as const) },
    { weight: 1, arbitrary: fc.constantFrom('closed', 'closing_auction', 'continuous', 'pre_open') },
    { weight: 1, arbitrary: fc.constantFrom('by hand closed', 'by hand continuous', 'by hand halted') },
  ),
  { maxLength: 40 },
)

test('whatever schedule and operators do, a halt neither opens what was closed nor lasts for ever', () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 0, max: 2 }), (happened, auction) => {
      const auctionUs = auction * second
      let seq = 1
      let now = 0
      let phase: number = phases.continuous
      let halt: Halt = { ...tripped, untilUs: 3 * second }
      const sets = (name: keyof typeof enginePhases): void => {
        phase = phases[enginePhases[name]]
        halt = afterPhase(halt, { seq: ++seq, timeUs: now, phase, dynamicBand: false }, auctionUs)
      }
      const look = (): void => {
        const move = nextMove(halt, phase, auctionUs, now)
        if (move.kind === 'end') halt = { ...halt, state: 'ended', outcome: move.outcome }
        if (move.kind !== 'ask') return
        // Only what it halted itself, or what trades, is touched.
        expect([phases.continuous, phases.volatilityAuction, phases.halted]).toContain(phase)
        if (move.phase !== 'halted') expect(now).toBeGreaterThanOrEqual(3 * second)
        halt = { ...halt, state: move.state }
        sets(move.phase)
      }
      for (const one of happened) {
        if (one === 'look') look()
        else if (one === 'wait') now += second
        else if (one.startsWith('by hand ')) sets(one.slice('by hand '.length) as keyof typeof enginePhases)
        else if (withholds(halt) && one !== 'closed')
          halt = { ...halt, withheld: one as keyof typeof enginePhases }
        else sets(one as keyof typeof enginePhases)
      }
      for (let i = 0; i < 10; i++) {
        now += second
        look()
      }
      expect(halt.state).toBe('ended')
    }),
    { numRuns: 1_000 },
  )
})

const tripped: Halt = {
  number: 1,
  kind: 'circuit_breaker',
  seq: 1,
  atUs: 0,
  policy: 1,
  step: 1,
  price: 90,
  reference: 100,
  untilUs: null,
  state: 'due',
  haltedSeq: null,
  reopensUs: null,
  withheld: null,
  endedSeq: null,
  endedUs: null,
  outcome: null,
}

test('orders of a liquidation fit the market, and are never worse or larger than what was decided', () => {
  const order = fc.record({
    side: fc.constantFrom(side.buy, side.sell),
    quantity: fc.integer({ min: 1, max: 1_000 }),
    price: fc.integer({ min: 0, max: 2_000 }),
  })
  const steps = fc.record({
    price: fc.integer({ min: 1, max: 50 }),
    quantity: fc.integer({ min: 1, max: 50 }),
  })
  const config = { lowestPrice: 100, highestPrice: 1_000 }
  fc.assert(
    fc.property(fc.array(order, { maxLength: 30 }), steps, (orders, step) => {
      const sent = fitted(orders, step, config, side.buy)
      expect(sent.length).toBeLessThanOrEqual(ordersOfRound)
      const total = (all: readonly { quantity: number }[]): number =>
        all.reduce((sum, { quantity }) => sum + quantity, 0)
      expect(total(sent)).toBeLessThanOrEqual(total(orders.slice(0, ordersOfRound)))
      for (const { price, quantity } of sent) {
        expect(price % step.price).toBe(0)
        expect(quantity % step.quantity).toBe(0)
        expect(quantity).toBeGreaterThan(0)
        expect(price).toBeGreaterThanOrEqual(config.lowestPrice)
        expect(price).toBeLessThanOrEqual(config.highestPrice)
      }
      // Within the bounds a price only moves towards the mark.
      const inside = orders.filter(({ price }) => price >= 150 && price <= 950).slice(0, ordersOfRound)
      for (const one of inside) {
        const [only] = fitted([one], { ...step, quantity: 1 }, config, side.buy)
        if (one.side === side.buy) expect(only?.price).toBeLessThanOrEqual(one.price)
        else expect(only?.price).toBeGreaterThanOrEqual(one.price)
      }
    }),
  )
})
