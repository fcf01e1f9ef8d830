import { type Command, localContext, systemActor } from '@florin/kernel'
import type { World } from '@florin/kernel/testing'
import { answer, enterOrder, phase, reason } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { findMarket, type MarketHost, type Results, type Sequencer } from '../src/index.ts'
import { movePhases } from '../src/workers.ts'
import { acme, admitAll, createHost, createMarket, fund, openMarket, runBy } from './lib/market.ts'

let world: World
let host: MarketHost
afterEach(async () => {
  await host.stop()
  await world.close()
})

const market = 'ACME-EUR'

async function started(): Promise<Sequencer> {
  world = await createMarket()
  await admitAll(world)
  host = createHost(world)
  const sequencer = await runBy(host, await acme(world))
  await fund(sequencer)
  return sequencer
}

/** Has what waits in the inbox carried out: it comes before what is submitted after it. */
async function settle(sequencer: Sequencer): Promise<void> {
  sequencer.nudge()
  await sequencer.submit(order())
}

function order(change: Partial<Parameters<typeof enterOrder>[0]> = {}): Int32Array {
  return enterOrder({ time: 0, account: 1, side: 'buy', price: 9_000, quantity: 1, ...change } as never)
}

function reasonOf(results: Results): number | undefined {
  return results.records[answer.reason]
}

/** One round of the worker that moves the phases. */
async function movePhasesOnce(): Promise<number> {
  const base = { actor: systemActor('test'), clock: world.clock, random: world.context().random }
  return movePhases.run({
    view: { db: world.database, clock: world.clock, context: localContext(base) },
    context: (idempotencyKey) => localContext({ ...base, idempotencyKey }),
    execute: (command: Command, input, context) => world.engine.execute(command, input, context),
  })
}

test('the day’s schedule moves the market, once a step, and ends its day', async () => {
  world = await createMarket()
  await admitAll(world)
  world.clock.set('2026-02-02T07:00:00.000Z')
  await world.done('ledger.calendar.set', {
    ledger: 'demo',
    valid_from: '2026-01-01',
    valid_to: '2026-12-31',
    weekend: [6, 7],
    holidays: [{ day: '2026-02-03', name: 'Holiday' }],
  })
  await world.done('exchange.schedule.set', {
    market,
    zone: 'Europe/Berlin',
    steps: [
      { at: '08:50', phase: 'opening_auction' },
      { at: '09:00', phase: 'continuous' },
      { at: '17:35', phase: 'closed', end_of_day: true },
    ],
  })
  host = createHost(world)
  const sequencer = await runBy(host, await acme(world))
  const phases: number[] = []
  for (const at of ['07:49:59', '07:50:00', '07:50:01', '08:00:00', '16:35:00']) {
    world.clock.set(`2026-02-02T${at}.000Z`)
    phases.push(await movePhasesOnce())
    await settle(sequencer)
    phases.push(sequencer.engine.phase)
  }
  const { closed, openingAuction, continuous } = phase
  expect(phases).toEqual([0, continuous, 1, openingAuction, 0, openingAuction, 1, continuous, 1, closed])
  world.clock.set('2026-02-03T12:00:00.000Z')
  expect(await movePhasesOnce()).toBe(0)
  world.clock.set('2026-02-04T12:00:00.000Z')
  expect(await movePhasesOnce()).toBe(1)
  await settle(sequencer)
  expect(sequencer.engine.phase).toBe(continuous)
})

test('limits rule orders from the moment they are set, and the account without any trades nothing', async () => {
  const sequencer = await started()
  await settle(sequencer)
  expect(reasonOf(await sequencer.submit(order({ account: 3 })))).toBe(reason.notPermitted)
  expect(reasonOf(await sequencer.submit(order({ quantity: 11 })))).toBe(reason.none)
  await world.done(
    'exchange.account.limits.set',
    { account: 'a1', market, limits: { max_order_quantity: '10' } },
    { reason: 'test' },
  )
  await settle(sequencer)
  expect(reasonOf(await sequencer.submit(order({ quantity: 11 })))).toBe(reason.orderQuantity)
  expect(await world.ask('exchange.account.limits.get', { account: 'a1', market })).toMatchObject({
    version: 2,
    limits: { max_order_quantity: '10', max_position: '1000000' },
  })
})

test('fees raise what buyers set aside', async () => {
  const sequencer = await started()
  await settle(sequencer)
  const cash = sequencer.engine.position(1)?.cash ?? 0
  const all = order({ price: 10_000, quantity: 1_000 })
  await sequencer.submit(all)
  await world.done('exchange.fees.set', {
    market,
    tiers: [{ from: '0', maker_ppm: 100, taker_ppm: 100_000 }],
    minimum: '0',
  })
  await settle(sequencer)
  expect(cash).toBe(1e12)
  const before = sequencer.engine.position(1)?.cash ?? 0
  await sequencer.submit(order({ account: 2, side: 'sell', short: true, price: 10_000, quantity: 1_000 }))
  // 10^7 ticks x lots, and a tenth of it for fees
  expect(before - (sequencer.engine.position(1)?.cash ?? 0)).toBe(11_000_000)
})

test('the kill switch stops an account, a session or everybody, and can be taken back', async () => {
  const sequencer = await started()
  await world.done('exchange.session.open', { session: 's1', accounts: ['a1', 'a2'] })
  await settle(sequencer)
  const tried = async () => [
    reasonOf(await sequencer.submit(order())),
    reasonOf(await sequencer.submit(order({ session: 1 }))),
    reasonOf(await sequencer.submit(order({ account: 2 }))),
  ]
  const kill = async (what: object) => {
    await world.done('exchange.market.kill', what, { reason: 'test' })
    await settle(sequencer)
    return tried()
  }
  const { none, killed, accountKilled, sessionKilled } = reason
  expect(await kill({ market, account: 'a1', on: true })).toEqual([accountKilled, accountKilled, none])
  expect(await kill({ market, account: 'a1', on: false })).toEqual([none, none, none])
  expect(await kill({ session: 's1', on: true, cancel: true })).toEqual([none, sessionKilled, none])
  expect(await kill({ on: true })).toEqual([killed, killed, killed])
  await expect(world.done('exchange.market.kill', { on: false })).rejects.toThrow(/reason_required/)
})

test('settings of a market reach its engine', async () => {
  const sequencer = await started()
  await world.done('exchange.market.change', { market, price_step: '0.10', largest_order: '50' })
  await settle(sequencer)
  expect(reasonOf(await sequencer.submit(order({ price: 9_001 })))).toBe(reason.tick)
  expect(reasonOf(await sequencer.submit(order({ quantity: 51 })))).toBe(reason.quantityBounds)
  await world.done('exchange.market.change', { market, active: false }, { reason: 'test' })
  await settle(sequencer)
  expect(reasonOf(await sequencer.submit(order()))).toBe(reason.suspended)
  await expect(world.done('exchange.market.change', { market, active: false })).rejects.toThrow(
    /reason_required/,
  )
})

test('a market is refused whose trades could not be booked exactly, or nowhere', async () => {
  await started()
  const base = {
    market: 'ACME-USD',
    instrument: 'ACME',
    quote: 'USD',
    ledger: 'demo',
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '100.00',
    settlement_days: 0,
  }
  const refused = async (change: object) => {
    const answered = await world.execute('exchange.market.open', { ...base, ...change })
    return answered.status === 'refused' ? answered.refusal.code : answered.status
  }
  expect(await refused({ tick: '0.001' })).toBe('market_invalid')
  expect(await refused({ price_max: '0.005' })).toBe('market_invalid')
  expect(await refused({ price_max: '10000000.00' })).toBe('market_invalid')
  expect(await refused({ instrument: 'NONE' })).toBe('instrument_not_found')
  expect(await refused({ quote: 'ZZZ' })).toBe('asset_unknown')
  expect(await refused({ ledger: 'none' })).toBe('ledger_not_found')
  expect(await refused({ market })).toBe('market_exists')
  await world.done('ledger.open', { ledger: 'bare' })
  expect(await refused({ ledger: 'bare' })).toBe('market_chart_incomplete')
  expect(await refused({})).toBe('done')
})

test('a process runs the markets that it was given, and no others', async () => {
  world = await createMarket(0)
  await openMarket(world, 'BETA-EUR')
  const [one, other] = [await acme(world), await findMarket(world.database, 'BETA-EUR')]
  const runs = (code: string) => code.startsWith('BETA')
  host = createHost(world, { runs })
  expect((await runBy(host, other)).market.code).toBe('BETA-EUR')
  expect(host.sequencer(one.id)).toBeUndefined()
})
