import { reason } from '@florin/orderbook'
import { afterEach, expect, test } from 'vitest'
import { buyer, Floor, margin, seller } from './floor.ts'

let floor: Floor
afterEach(() => floor.close())

const act = { enabled: true, call_s: 3_600, slippage: '2.00', interval_ms: 1_000 }

test('a margin call says what is missing, follows the mark, and is met by collateral', async () => {
  floor = await Floor.open()
  await floor.buys(100, 10_000)
  await floor.mark('95.00')
  expect((await floor.look()).calls).toBe(0)

  await floor.mark('94.00')
  expect((await floor.look()).calls).toBe(1)
  // 20 % of 9,400 less the equity of 2,000 - 600.
  expect(await floor.list('margin-call', { open: true })).toMatchObject([
    { account: 'm1', mark: '94.00', equity: '1400.00', amount: '480.00', asset: 'EUR', deadline: null },
  ])
  expect(await floor.desk.events('exchange.margin.called')).toMatchObject([
    { subject: 'm1 ACME-EUR', data: { account: 'm1', amount: '480.00', asset: 'EUR', equity: '1400.00' } },
  ])
  await floor.mark('93.50')
  await floor.look()
  expect(await floor.list('margin-call', { account: 'm1' })).toMatchObject([
    { amount: '520.00', outcome: null },
  ])

  await floor.collateral('600.00')
  await floor.mark('93.50')
  await floor.look()
  expect(await floor.list('margin-call', { open: true })).toEqual([])
  expect(await floor.list('margin-call')).toMatchObject([{ outcome: 'met', amount: '0.00' }])
  expect(await floor.desk.events('exchange.margin.met')).toHaveLength(1)
  expect(await floor.list('account.state')).toMatchObject([
    { account: 'm1', state: ['margin_call'], previous: [], cause: null, by: 'admin' },
    { account: 'm1', state: [], previous: ['margin_call'] },
  ])
})

test('without a policy nothing is closed', async () => {
  floor = await Floor.open()
  await floor.buys(100, 10_000)
  await floor.mark('88.00')
  expect(await floor.look()).toMatchObject({ calls: 1, orders: 0 })
  expect(floor.position().position).toBe(100)
  expect(await floor.desk.events('exchange.liquidation.due')).toHaveLength(1)
})

test('below the liquidation margin as much is closed as is needed, by the market’s own orders', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.order(margin, 'sell', 5, 12_000)
  await floor.order(buyer, 'buy', 400, 8_750)
  await floor.mark('88.00')
  await floor.look()

  // 20 % of the rest: 800 - 2 x closed = 17.6 x (100 - closed), rounded up.
  const [liquidation] = await floor.list<{ liquidation: string; orders: object[] }>('liquidation')
  expect(liquidation).toMatchObject({
    account: 'm1',
    cause: 'liquidation_margin',
    rounds: 1,
    orders: [
      {
        side: 'sell',
        quantity: '62',
        price: '86.00',
        mark: '88.00',
        executed: '62',
        value: '5425.00',
        code: null,
      },
    ],
  })
  expect(floor.position()).toMatchObject({ position: 38, openOrders: 0 })

  // What is left is enough; the next mark finds it so.
  await floor.mark('88.00')
  await floor.look()
  expect(await floor.list('liquidation')).toMatchObject([{ outcome: 'restored', rounds: 1 }])
  expect(await floor.list('margin-call')).toMatchObject([{ outcome: 'met' }])
  expect(floor.position().state).toBe(0)

  await floor.desk.done('exchange.history.write', { market: 'ACME-EUR' })
  const orders = await floor.list<{ quantity: string; liquidation: string | null; reason: string }>('order', {
    account: 'm1',
  })
  expect(orders).toMatchObject([
    { quantity: '100', liquidation: null },
    { quantity: '5', liquidation: null, reason: 'mass_cancelled' },
    { quantity: '62', liquidation: liquidation?.liquidation, state: 'filled' },
  ])
  await floor.desk.settle()
  expect(await floor.desk.done('exchange.books.check', { market: 'ACME-EUR' })).toMatchObject({
    findings: [],
  })
  expect(await floor.world.verify()).toEqual([])
})

test('an empty book is asked again and again, and a call that is not met in time is closed, too', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.mark('94.00')
  expect(await floor.look()).toMatchObject({ calls: 1, orders: 0 })
  const [call] = await floor.list<{ called_at: string; deadline: string }>('margin-call')
  expect(Date.parse(call?.deadline ?? '') - Date.parse(call?.called_at ?? '')).toBe(3_600_000)
  floor.advance(3_599_000)
  expect((await floor.look()).orders).toBe(0)
  floor.advance(1_001)
  expect((await floor.look()).orders).toBe(1)
  expect(await floor.list('liquidation')).toMatchObject([
    { cause: 'deadline', rounds: 1, orders: [{ executed: '0' }] },
  ])
  // Too early.
  expect((await floor.look()).orders).toBe(0)
  floor.advance(1_000)
  await floor.order(buyer, 'buy', 10, 9_300)
  expect((await floor.look()).orders).toBe(1)
  expect(floor.position().position).toBe(90)
})

test('limits that would stop the account do not stop its closing, and hold again afterwards', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.desk.done('exchange.market.change', { market: 'ACME-EUR', largest_order: '30' })
  await floor.limits({
    permissions: ['buy'],
    max_order_quantity: '10',
    max_order_value: '1000.00',
    daily_loss: '900.00',
    repeat_maximum: 1,
    repeat_window_us: 1_000_000_000,
    throttle_interval_us: 4_000_000_000,
    output_maximum: '10',
    output_window_us: 1_000_000_000,
  })
  for (let i = 0; i < 14; i++) await floor.order(buyer, 'buy', 30, 8_750)
  await floor.mark('88.00')
  // Halted by its daily loss with the very mark.
  expect(floor.position().state & 1).toBe(1)
  await floor.look()
  expect(await floor.list('liquidation')).toMatchObject([
    { rounds: 1, orders: [30, 30, 2].map((lots) => ({ executed: String(lots), code: null })) },
  ])
  expect(floor.position().position).toBe(38)
  expect(floor.position().state & 1).toBe(1)
  expect(await floor.desk.events('exchange.account.halted')).toHaveLength(1)
  expect(await floor.desk.events('exchange.account.released')).toHaveLength(0)

  await floor.desk.done('exchange.account.release', { account: 'm1', market: 'ACME-EUR' }, 'test')
  await floor.desk.carryOut()
  expect(await floor.order(margin, 'sell', 1, 9_000)).toBe(reason.notPermitted)
  expect(await floor.order(margin, 'buy', 11, 9_000)).toBe(reason.orderQuantity)
  expect(await floor.order(margin, 'buy', 1, 9_000)).toBe(reason.dailyLoss)
})

test('an order of the market never closes more than there is, whatever the account did before it', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.order(buyer, 'buy', 100, 10_000)
  await floor.order(margin, 'sell', 100, 10_000, { short: true })
  await floor.order(seller, 'sell', 400, 11_000)
  await floor.mark('112.00')
  // Nobody runs the market: what the account asks for waits, and the decision knows nothing of it.
  await floor.desk.host.stop()
  const own = { market: 'ACME-EUR', account: 'm1', side: 'buy', price: '110.00', quantity: '60' }
  await floor.desk.done('exchange.order.enter', own)
  expect(await floor.desk.done('exchange.market.supervise', { market: 'ACME-EUR' })).toMatchObject({
    orders: 1,
  })
  await floor.takeOver()
  // Decided: 74 of 100; there are 40.
  expect(floor.position()).toMatchObject({ position: -40 })
  await floor.look()
  expect(await floor.list('liquidation')).toMatchObject([
    { rounds: 1, orders: [{ side: 'buy', price: '114.00', executed: '0', code: 'exchange_reduce_only' }] },
  ])
})

test('what was sent and not carried out yet is not sent again, however often and by whomever the market is looked at', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.order(buyer, 'buy', 400, 8_750)
  await floor.mark('88.00')
  await floor.desk.host.stop()
  const { engine } = floor.world.secondEngine()
  const look = (options = {}) =>
    floor.world.done('exchange.market.supervise', { market: 'ACME-EUR' }, options) as Promise<{
      orders: number
    }>
  const looks = await Promise.all([look(), look({ engine }), look(), look({ engine })])
  expect(looks.map(({ orders }) => orders).sort()).toEqual([0, 0, 0, 1])
  floor.advance(5_000)
  expect(await look()).toMatchObject({ orders: 0 })
  await floor.takeOver()
  await floor.look()
  expect(floor.position().position).toBe(38)
  expect(await floor.list('liquidation')).toMatchObject([{ rounds: 1 }])
})

test('turned off in the middle, it stops and the account is free again', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.mark('88.00')
  await floor.look()
  expect(floor.position().state & 2).toBe(2)
  await floor.set('liquidation', { ...act, enabled: false })
  await floor.look()
  expect(await floor.list('liquidation')).toMatchObject([{ outcome: 'stopped', rounds: 1 }])
  expect(floor.position().state & 2).toBe(0)
  floor.advance(10_000)
  expect((await floor.look()).orders).toBe(0)
})

test('outside continuous trading orders are cancelled at once, and the position is closed when trading begins', async () => {
  floor = await Floor.open()
  await floor.set('liquidation', act)
  await floor.buys(100, 10_000)
  await floor.order(buyer, 'buy', 400, 8_750)
  await floor.phase('closing_auction')
  await floor.order(margin, 'sell', 5, 12_000)
  await floor.mark('88.00')
  expect((await floor.look()).orders).toBe(0)
  expect(floor.position()).toMatchObject({ position: 100, openOrders: 0 })
  await floor.phase('continuous')
  expect((await floor.look()).orders).toBe(1)
  expect(floor.position().position).toBe(38)
})

test('accounts and daily losses are told once, with what led to them', async () => {
  floor = await Floor.open()
  await floor.limits({ daily_loss: '100.00' })
  await floor.buys(10, 10_000)
  await floor.mark('88.00')
  await floor.look()
  await floor.look()
  expect(await floor.desk.events('exchange.account.halted')).toMatchObject([
    { data: { account: 'm1', cause: 'exchange_daily_loss', equity: '1880.00' } },
  ])
  await floor.desk.done('exchange.account.release', { account: 'm1', market: 'ACME-EUR' }, 'explained')
  await floor.desk.carryOut()
  await floor.look()
  expect(await floor.list('account.state')).toMatchObject([
    { state: ['halted'], cause: 'exchange_daily_loss', by: 'admin' },
    { state: [], by: 'admin', reason: 'explained' },
  ])
  expect(await floor.desk.events('exchange.account.released')).toHaveLength(1)
})
