import { quickRetry } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { buyer, Floor, seller } from './floor.ts'

const floors: Floor[] = []
afterEach(async () => {
  for (const floor of floors.splice(0)) await floor.close()
})

async function open(): Promise<Floor> {
  const floor = await Floor.open({ engine: { retry: { ...quickRetry, longestPauseMs: 1 } } })
  floors.push(floor)
  return floor
}

/**
 * Cuts every look off once: before or after another statement each time, at every third after COMMIT, so that nobody learns
 * that it took effect. Counts the cuts.
 */
function cutting(floor: Floor): { count: number } {
  const cuts = { count: 0 }
  let looks = 0
  floor.interceptor = () => {
    const look = looks++
    const [at, stage] = [1 + ((look * 7) % 43), look % 2 === 0 ? 'before' : 'after']
    let statement = 0
    let done = false
    return (text, when, cut) => {
      if (when === 'before') statement++
      const here = look % 3 === 0 ? text === 'COMMIT' && when === 'after' : statement === at && when === stage
      if (done || !here) return
      done = true
      cuts.count++
      cut()
      throw Object.assign(new Error('Connection cut'), { code: 'ECONNRESET' })
    }
  }
  return cuts
}

/** From a call over a liquidation in rounds to a halt and its end, with marks by the last trade. */
async function story(floor: Floor, takeOvers: boolean): Promise<void> {
  await floor.set('liquidation', { enabled: true, call_s: 3_600, slippage: '5.00', interval_ms: 1_000 })
  await floor.set('marking', { source: 'last_trade', interval_ms: 1_000 })
  await floor.set('breaker', { steps: [{ move_ppm: 170_000, halt_s: 60 }], rises: false, auction_s: 30 })
  await floor.phase('closed')
  await floor.phase('continuous')
  await floor.buys(100, 10_000)
  await floor.look()
  const next = async (ms: number): Promise<void> => {
    floor.advance(ms)
    await floor.look()
    if (takeOvers) await floor.takeOver()
  }
  await floor.trade(seller, buyer, 10, 9_400)
  await next(1_001)
  await floor.trade(seller, buyer, 10, 8_800)
  await floor.order(buyer, 'buy', 15, 8_500)
  await next(1_001)
  await floor.trade(seller, buyer, 10, 8_600)
  await floor.order(buyer, 'buy', 15, 8_300)
  await next(1_001)
  // The halt that its own order led to, the auction, and what is left.
  await next(60_001)
  await next(30_001)
  await floor.order(buyer, 'buy', 40, 8_250)
  for (let i = 0; i < 4; i++) await next(1_001)
}

/** All that must be the same whatever was cut off; ids and times apart. */
async function outcome(floor: Floor): Promise<unknown> {
  const of = async (what: Parameters<Floor['list']>[0], ...left: string[]): Promise<unknown[]> =>
    (await floor.list(what)).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !left.includes(name))),
    )
  const [counts] = await floor.world.database.query(
    `SELECT (SELECT last_seq FROM exchange.heads) AS journal, (SELECT count(*) FROM exchange.inbox) AS inbox,
       (SELECT count(*) FROM exchange.waiting) AS waiting`,
  )
  return {
    counts,
    position: floor.position(),
    states: await of('account.state', 'at'),
    calls: await of('margin-call', 'call', 'called_at', 'deadline', 'ended_at'),
    liquidations: await of('liquidation', 'liquidation', 'call', 'begun_at', 'ended_at'),
    halts: await of('halt', 'at', 'until', 'reopens_at', 'ended_at'),
    begun: (await floor.desk.events('exchange.liquidation.begun')).length,
    called: (await floor.desk.events('exchange.margin.called')).length,
    halted: (await floor.desk.events('exchange.halt.begun')).length,
  }
}

test('cut off at one statement after another, everything is told and sent exactly once', async () => {
  const whole = await open()
  await story(whole, false)
  const expected = await outcome(whole)
  expect(expected).toMatchObject({
    liquidations: [{ account: 'm1' }],
    halts: [{ outcome: 'reopened', step: 1 }],
    called: 1,
    halted: 1,
  })

  const cut = await open()
  const cuts = cutting(cut)
  await story(cut, false)
  expect(cuts.count).toBeGreaterThan(20)
  expect(await outcome(cut)).toEqual(expected)
}, 60_000)

test('whoever takes the market over goes on where the one before was', async () => {
  const floor = await open()
  await story(floor, true)
  const orders = await floor.world.database.query<{ quantity: number; executed: number | null }>(
    'SELECT quantity, executed FROM exchange.liquidation_orders',
  )
  expect(orders.length).toBeGreaterThan(1)
  const closed = orders.reduce((sum, { executed }) => sum + (executed ?? Number.NaN), 0)
  expect(closed).toBe(100 - floor.position().position)
  expect(await floor.list('halt')).toMatchObject([{ outcome: 'reopened' }])
  expect(await floor.world.verify()).toEqual([])
}, 60_000)
