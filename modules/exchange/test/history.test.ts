import type { World } from '@florin/kernel/testing'
import type { Engine } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { amendFill } from '../src/index.ts'
import { acme, admitAll, createHost, createMarket, fund, inUnit, orders, runBy } from './lib/market.ts'

let world: World
afterEach(() => world.close())

const market = 'ACME-EUR'

async function written(): Promise<number> {
  for (let total = 0; ; ) {
    const { read } = (await world.done('exchange.history.write', { market })) as { read: number }
    total += read
    if (read === 0) return total
  }
}

interface Order {
  order_id: string
  account: string
  side: 'buy' | 'sell'
  executed: string
  leaves: string
  value: string
  state: string
  quantity: string
}

async function ordersOf(account: string, filter: object = {}): Promise<Order[]> {
  const found: Order[] = []
  let cursor: string | null | undefined
  do {
    const page = (await world.ask('exchange.order.list', {
      market,
      account,
      limit: 700,
      ...filter,
      ...(cursor == null ? {} : { cursor }),
    })) as { items: Order[]; next: string | null }
    found.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return found
}

interface Tape {
  items: { trade: number; status: string }[]
  next: string | null
}

async function tape(cursor?: string): Promise<Tape> {
  const from = cursor === undefined ? {} : { cursor }
  return (await world.ask('exchange.trade.list', { market, limit: 7, ...from })) as Tape
}

/** What the engine has in its book, by order. */
function resting(engine: Engine): string[] {
  const found: string[] = []
  for (const side of [0, 1])
    engine.eachOrder(side, (order, slot, account, _flags, _price, leaves) => {
      found.push(`${order * 2 ** 22 + slot} a${account} ${leaves}`)
    })
  return found.sort()
}

test('orders, fills and candles are what the engine did, however the journal is cut into units', async () => {
  world = await createMarket()
  await admitAll(world)
  const record = await acme(world)
  const host = createHost(world)
  const sequencer = await runBy(host, record)
  await fund(sequencer)
  for (let i = 0; i < 12; i++) {
    await sequencer.submit(orders(600, i))
    world.clock.advance(25_000)
    if (i % 3 === 0) await written()
  }
  await written()
  const lists = [...(await ordersOf('a1', { alive: true })), ...(await ordersOf('a2', { alive: true }))]
  const alive = lists.map(({ order_id, account, leaves }) => `${order_id} ${account} ${leaves}`).sort()
  expect(alive).toEqual(resting(sequencer.engine))

  const sums = await world.adminDatabase.query(
    `SELECT sum(quantity)::int AS lots, sum(quantity * price)::int AS value, count(*)::int AS trades FROM exchange.fills`,
  )
  const executed = await world.adminDatabase.query(
    `SELECT (sum(executed) / 2)::int AS lots, (sum(value) / 2)::int AS value FROM exchange.orders`,
  )
  expect(sums[0]).toMatchObject(executed[0] ?? {})
  expect(
    await world.adminDatabase.query('SELECT FROM exchange.orders WHERE executed + leaves > quantity'),
  ).toEqual([])
  for (const seconds of [60, 300, 3_600, 86_400]) {
    const [candles] = await world.adminDatabase.query(
      'SELECT sum(volume)::int AS lots, sum(value)::int AS value, sum(trades)::int AS trades FROM exchange.candles WHERE interval_s = $1',
      [seconds],
    )
    expect(candles).toEqual(sums[0])
  }
  await host.stop()
})

test('an order is told from its entry to its end', async () => {
  world = await createMarket()
  await admitAll(world)
  const host = createHost(world)
  const sequencer = await runBy(host, await acme(world))
  await fund(sequencer)
  const enter = async (account: string, input: object): Promise<unknown> => {
    const { request } = (await world.done('exchange.order.enter', { market, account, ...input })) as {
      request: string
    }
    return world.ask('exchange.request.get', { request, wait_ms: 5_000 })
  }
  expect(
    await enter('a1', { side: 'sell', price: '100.05', quantity: '5', short: true, client_id: '77' }),
  ).toMatchObject({
    state: 'done',
    results: [
      {
        market,
        state: 'done',
        code: null,
        events: [
          { event: 'accepted', order_id: '4194305', client_id: '77', price: '100.05', quantity: '5' },
          { event: 'rested', leaves: '5' },
        ],
      },
    ],
  })
  expect(
    await enter('a1', { side: 'sell', price: '100.05', quantity: '5', short: true, client_id: '77' }),
  ).toMatchObject({
    results: [{ state: 'refused', code: 'exchange_duplicate_client_id' }],
  })
  expect(
    await enter('a2', { side: 'buy', price: '100.10', quantity: '3', time_in_force: 'immediate' }),
  ).toMatchObject({
    results: [
      {
        events: [
          { event: 'accepted', account: 'a2' },
          {
            event: 'fill',
            account: 'a2',
            trade: 1,
            price: '100.05',
            quantity: '3',
            leaves: '0',
            liquidity: 'taker',
          },
        ],
      },
    ],
  })
  const amended = (await world.done('exchange.order.amend', {
    market,
    account: 'a1',
    client_id: '77',
    price: '100.07',
    quantity: '6',
  })) as { request: string }
  expect(await world.ask('exchange.request.get', { request: amended.request, wait_ms: 5_000 })).toMatchObject(
    {
      results: [
        { events: [{ event: 'amended' }, { event: 'removed', reason: 'replaced' }, { event: 'rested' }] },
      ],
    },
  )
  await written()
  expect(await world.ask('exchange.order.get', { market, order_id: '4194305' })).toMatchObject({
    account: 'a1',
    client_id: '77',
    side: 'sell',
    price: '100.07',
    quantity: '6',
    executed: '3',
    leaves: '3',
    value: '300.15',
    state: 'open',
    reason: null,
  })
  const cancelled = (await world.done('exchange.order.cancel-all', { market, account: 'a1' })) as {
    request: string
  }
  expect(
    await world.ask('exchange.request.get', { request: cancelled.request, wait_ms: 5_000 }),
  ).toMatchObject({
    results: [
      {
        events: [
          { event: 'mass_cancelled', orders: 1 },
          { event: 'removed', reason: 'mass_cancelled' },
        ],
      },
    ],
  })
  await written()
  expect(await world.ask('exchange.order.get', { market, order_id: '4194305' })).toMatchObject({
    leaves: '0',
    state: 'removed',
    reason: 'mass_cancelled',
  })
  expect(await world.ask('exchange.fill.list', { market, account: 'a1' })).toMatchObject({
    items: [{ trade: 1, side: 'sell', liquidity: 'maker', price: '100.05', status: 'good' }],
  })
  expect(await world.ask('exchange.position.get', { market, account: 'a2' })).toMatchObject({
    position: '3',
    cost: '300.15',
  })
  const stranger = {
    id: 'stranger',
    kind: 'key',
    permissions: ['exchange.order.*', 'exchange.request.*'],
  } as const
  await expect(
    world.ask('exchange.order.get', { market, order_id: '4194305' }, { actor: stranger }),
  ).rejects.toMatchObject({ code: 'exchange_unknown_order' })
  await expect(
    world.ask('exchange.order.list', { market, account: 'a1' }, { actor: stranger }),
  ).rejects.toMatchObject({ code: 'forbidden' })
  expect(
    await world.ask('exchange.request.get', { request: amended.request }, { actor: stranger }),
  ).toMatchObject({ state: 'unknown', results: [] })
  await host.stop()
})

test('a trade that is bust leaves the candles, also before it is in the history', async () => {
  world = await createMarket()
  await admitAll(world)
  const record = await acme(world)
  const host = createHost(world)
  const sequencer = await runBy(host, record)
  await fund(sequencer)
  await sequencer.submit(orders(300, 5))
  const bust = (trade: number) =>
    inUnit(world, world.database, (unit) => amendFill(unit, record.id, trade, 10_000, 0))
  await bust(2)
  await written()
  await bust(1)
  await inUnit(world, world.database, (unit) => amendFill(unit, record.id, 3, 99_000, 2))
  const expected = await world.adminDatabase.query(
    `SELECT sum(quantity)::int + 2 AS volume, count(*)::int + 1 AS trades FROM exchange.fills WHERE trade > 3`,
  )
  const candles = (await world.ask('exchange.candle.list', { market, interval: '1d' })) as {
    items: { open: string; high: string; volume: string; trades: number }[]
  }
  expect(candles.items).toHaveLength(1)
  expect(candles.items[0]).toMatchObject({
    open: '990.00',
    high: '990.00',
    volume: String(expected[0]?.volume),
    trades: expected[0]?.trades,
  })
  const { items } = (await world.ask('exchange.fill.list', { market, account: 'a1', limit: 1_000 })) as {
    items: { trade: number; status: string }[]
  }
  const statuses = new Map(items.map(({ trade, status }) => [trade, status]))
  expect([...statuses.values()].filter((status) => status !== 'good').length).toBeGreaterThan(0)
  const first = await tape()
  expect(first.items.map(({ trade }) => trade)).toEqual(
    first.items.map((_, i) => (first.items[0]?.trade ?? 0) - i),
  )
  for (const { trade, status } of first.items) expect(statuses.get(trade) ?? status).toBe(status)
  expect(first.items[0]).not.toHaveProperty('account')
  const whole = [...first.items]
  for (let { next } = first; next !== null; ) {
    const page = await tape(next)
    whole.push(...page.items)
    next = page.next
  }
  expect(whole.slice(-3)).toMatchObject([
    { trade: 3, status: 'corrected', price: '990.00', quantity: '2', value: '1980.00' },
    { trade: 2, status: 'bust' },
    { trade: 1, status: 'bust' },
  ])
  await host.stop()
})

test('requests are waited for and books shown where another process runs the market', async () => {
  world = await createMarket()
  await admitAll(world)
  const host = createHost(world)
  const sequencer = await runBy(host, await acme(world))
  await fund(sequencer)
  // Not this process's market: the engine of the world's own pool knows nothing of the host's.
  const { request } = (await world.done('exchange.order.enter', {
    market,
    account: 'a2',
    side: 'buy',
    price: '99.00',
    quantity: '4',
  })) as { request: string }
  await world.ask('exchange.request.get', { request, wait_ms: 5_000 })
  expect(await world.ask('exchange.book.get', { market })).toMatchObject({
    phase: 'continuous',
    bids: [{ price: '99.00', quantity: '4', orders: 1 }],
    asks: [],
  })
  await host.stop()
})
