import { afterEach, expect, test } from 'vitest'
import { buyer, Floor, seller } from './floor.ts'

let floor: Floor
afterEach(() => floor.close())

const breaker = {
  steps: [
    { move_ppm: 70_000, halt_s: 900 },
    { move_ppm: 130_000, halt_s: 900 },
    { move_ppm: 200_000, halt_s: null },
  ],
  rises: true,
  auction_s: 120,
}

const marking = { source: 'last_trade', interval_ms: 1_000 }

async function phase(): Promise<unknown> {
  return ((await floor.world.ask('exchange.book.get', { market: 'ACME-EUR' })) as { phase: string }).phase
}

/** The next session of continuous trading: a breaker counts from its beginning. */
async function begin(policy = breaker): Promise<void> {
  await floor.set('breaker', policy)
  await floor.phase('closed')
  await floor.phase('continuous')
  floor.advance(1_000)
}

test('a fall to a step halts the market, an auction follows, then trading goes on; the next step is the day’s last', async () => {
  floor = await Floor.open()
  await begin()
  await floor.trade(seller, buyer, 1, 9_301)
  expect((await floor.look()).phases).toBe(0)
  await floor.trade(seller, buyer, 1, 9_300)
  expect((await floor.look()).phases).toBe(1)
  expect(await phase()).toBe('halted')
  expect(await floor.list('halt')).toMatchObject([
    {
      halt: 1,
      kind: 'circuit_breaker',
      step: 1,
      price: '93.00',
      reference: '100.00',
      state: 'halted',
      outcome: null,
    },
  ])
  expect(await floor.world.ask('exchange.market.status', { market: 'ACME-EUR' })).toMatchObject({
    halt: { halt: 1, step: 1, state: 'halted' },
  })
  expect(await floor.desk.events('exchange.halt.begun')).toMatchObject([
    {
      data: {
        halt: 1,
        step: 1,
        reason: 'Circuit breaker, step 1: a trade at 93.00, with a reference price of 100.00',
      },
    },
  ])

  floor.advance(899_999)
  expect((await floor.look()).phases).toBe(0)
  floor.advance(1_000)
  expect((await floor.look()).phases).toBe(1)
  expect(await phase()).toBe('volatility_auction')
  await floor.order(seller, 'sell', 10, 9_200)
  await floor.order(buyer, 'buy', 10, 9_250)
  floor.advance(120_001)
  expect((await floor.look()).phases).toBe(1)
  expect(await phase()).toBe('continuous')
  await floor.look()
  expect(await floor.list('halt', { open: true })).toEqual([])
  expect(await floor.desk.events('exchange.halt.ended')).toMatchObject([
    { data: { halt: 1, outcome: 'reopened' } },
  ])

  // The first step was used; a sweep through the second and the third counts for the third.
  await floor.trade(seller, buyer, 1, 9_300)
  expect((await floor.look()).phases).toBe(0)
  await floor.order(buyer, 'buy', 1, 8_700)
  await floor.order(buyer, 'buy', 1, 8_000)
  await floor.order(seller, 'sell', 2, 8_000)
  await floor.look()
  expect(await floor.list('halt')).toMatchObject([
    { outcome: 'reopened' },
    { step: 2, outcome: 'superseded' },
    { step: 3, state: 'halted', until: null },
  ])
  floor.advance(86_400_000)
  expect((await floor.look()).phases).toBe(0)
  await floor.phase('closed')
  await floor.look()
  expect(await floor.list('halt')).toMatchObject([{}, {}, { step: 3, outcome: 'closed' }])
})

test('a step counts as long as it is said to, again on the next day, and for rises only if it is said so', async () => {
  floor = await Floor.open()
  await begin({ ...breaker, rises: false, steps: [{ move_ppm: 70_000, halt_s: 60, within_s: 100 }] as never })
  await floor.trade(seller, buyer, 1, 12_000)
  expect((await floor.look()).phases).toBe(0)
  floor.advance(100_000)
  await floor.trade(seller, buyer, 1, 9_000)
  expect((await floor.look()).phases).toBe(0)
  await floor.phase('closed')
  await floor.phase('continuous')
  await floor.trade(seller, buyer, 1, 9_001)
  expect((await floor.look()).phases).toBe(1)
})

test('a market that never closes begins a day with the end of the one before', async () => {
  floor = await Floor.open()
  await begin()
  await floor.trade(seller, buyer, 1, 9_300)
  await floor.look()
  await floor.phase('continuous')
  await floor.trade(seller, buyer, 1, 9_300)
  expect((await floor.look()).phases).toBe(0)
  await floor.endOfDay()
  await floor.trade(seller, buyer, 1, 9_300)
  expect((await floor.look()).phases).toBe(1)
})

test('the schedule closes a halted market, and waits with everything else until it reopens', async () => {
  floor = await Floor.open({ start: '2026-02-02T16:00:00.000Z' })
  await floor.desk.done('exchange.schedule.set', {
    market: 'ACME-EUR',
    zone: 'UTC',
    steps: [
      { at: '16:20', phase: 'closing_auction' },
      { at: '16:30', phase: 'closed', end_of_day: true },
    ],
  })
  await begin()
  await floor.trade(seller, buyer, 1, 9_300)
  await floor.look()
  floor.world.clock.set('2026-02-02T16:10:00.000Z')
  await floor.trade(seller, buyer, 1, 9_300)
  floor.world.clock.set('2026-02-02T16:20:00.000Z')
  const advanced = await floor.desk.done('exchange.schedule.advance', { market: 'ACME-EUR' })
  expect(advanced).toMatchObject({ steps: 1 })
  await floor.look()
  // The halt of 15 minutes from 16:00 is over: no further auction comes before the closing one.
  expect(await phase()).toBe('closing_auction')
  expect(await floor.list('halt')).toMatchObject([{ withheld: 'closing_auction', outcome: 'reopened' }])
  floor.world.clock.set('2026-02-02T16:30:00.000Z')
  await floor.desk.done('exchange.schedule.advance', { market: 'ACME-EUR' })
  await floor.carryOut()
  expect(await phase()).toBe('closed')
})

test('nothing is opened that was closed meanwhile, and who sets a phase by hand is obeyed', async () => {
  floor = await Floor.open()
  await begin()
  await floor.trade(seller, buyer, 1, 9_300)
  await floor.look()
  floor.advance(900_001)
  // The close is on its way, and not read yet, when the time of the halt is over.
  await floor.desk.host.stop()
  await floor.desk.done('exchange.market.phase', { market: 'ACME-EUR', phase: 'closed' })
  expect(await floor.desk.done('exchange.market.supervise', { market: 'ACME-EUR' })).toMatchObject({
    phases: 0,
  })
  await floor.takeOver()
  await floor.look()
  expect(await phase()).toBe('closed')
  expect(await floor.list('halt')).toMatchObject([{ outcome: 'closed' }])
})

test('an operator’s phase during a halt ends it', async () => {
  floor = await Floor.open()
  await begin()
  await floor.trade(seller, buyer, 1, 9_300)
  await floor.look()
  await floor.phase('continuous')
  await floor.look()
  expect(await floor.list('halt')).toMatchObject([{ outcome: 'overtaken' }])
  floor.advance(3_600_000)
  expect((await floor.look()).phases).toBe(0)
})

test('a volatility auction of the engine ends by itself', async () => {
  floor = await Floor.open()
  await begin({ ...breaker, steps: [] })
  await floor.desk.done('exchange.market.change', { market: 'ACME-EUR', dynamic_range: '1.00' })
  await floor.carryOut()
  await floor.trade(seller, buyer, 1, 10_000)
  await floor.trade(seller, buyer, 1, 9_800)
  expect(await phase()).toBe('volatility_auction')
  await floor.look()
  expect(await floor.list('halt')).toMatchObject([{ kind: 'dynamic_band', state: 'auction', step: null }])
  floor.advance(120_001)
  await floor.look()
  expect(await phase()).toBe('continuous')
  expect(await floor.list('halt')).toMatchObject([{ kind: 'dynamic_band', outcome: 'reopened' }])
})

test('a halt that was over before anybody looked is on record only', async () => {
  floor = await Floor.open()
  await begin()
  await floor.trade(seller, buyer, 1, 9_300)
  floor.advance(900_001)
  expect((await floor.look()).phases).toBe(0)
  expect(await floor.list('halt')).toMatchObject([{ outcome: 'missed', state: 'ended' }])
})

test('marks follow the policy: at most one in a while, and none where nothing changed', async () => {
  floor = await Floor.open()
  await floor.set('marking', marking)
  expect((await floor.look()).marks).toBe(0)
  await floor.trade(seller, buyer, 1, 9_900)
  expect((await floor.look()).marks).toBe(1)
  await floor.trade(seller, buyer, 1, 9_910)
  expect((await floor.look()).marks).toBe(0)
  floor.advance(1_000)
  expect((await floor.look()).marks).toBe(1)
  floor.advance(10_000)
  expect((await floor.look()).marks).toBe(0)
  // The same price, but a position changed.
  await floor.trade(seller, buyer, 1, 9_910)
  floor.advance(1_000)
  expect((await floor.look()).marks).toBe(1)

  await floor.set('marking', { ...marking, source: 'mid' })
  await floor.order(buyer, 'buy', 1, 9_800)
  floor.advance(1_000)
  expect((await floor.look()).marks).toBe(0)
  await floor.order(seller, 'sell', 1, 9_905)
  floor.advance(1_000)
  expect((await floor.look()).marks).toBe(1)
  // Half way is 98.525.
  expect(await floor.marked()).toBe(9_852)
})
