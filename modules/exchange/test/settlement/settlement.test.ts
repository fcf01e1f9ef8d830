import { afterEach, beforeEach, expect, test } from 'vitest'
import { Desk } from './desk.ts'

let desk: Desk
beforeEach(async () => {
  desk = await Desk.open(3)
})
afterEach(async () => {
  expect(await desk.world.verify()).toEqual([])
  await desk.close()
})

const buyer = { account: 'a1', market: 'ACME-EUR' }
const seller = { account: 'a2', market: 'ACME-EUR' }
const nothing = { total: '0.00', reserved: '0.00' }

/** The buyer has 5,000.00 EUR and the seller 100 ACME on the market. */
async function prepare(): Promise<void> {
  await desk.done('exchange.buying-power.allocate', { ...buyer, amount: '5000.00' })
  await desk.done('exchange.position.deposit', { ...seller, quantity: '100', price: '100.00' })
  await desk.settle()
}

test('a trade becomes one transaction; the buyer pays out of what was held', async () => {
  await desk.done('exchange.buying-power.allocate', { ...buyer, amount: '5000.00' })
  await desk.done('exchange.position.deposit', { ...seller, quantity: '100', price: '100.00' })
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '100000.00', reserved: '5000.00' })
  expect(await desk.balance('exchange:a2:trading', 'ACME')).toEqual({ total: '1000', reserved: '100' })
  await desk.settle()
  expect(await desk.balance('exchange:a2:trading', 'ACME')).toEqual({ total: '900', reserved: '0' })
  expect(await desk.position('a2')).toBe('100')

  await desk.trade(2, 1, 10, 9_950)
  expect(await desk.settle()).toMatchObject({ trades: 1, forced: 0, refused: 0 })
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '99005.00', reserved: '4005.00' })
  expect(await desk.balance('exchange:a2:trading')).toEqual({ total: '100995.00', reserved: '0.00' })
  expect([await desk.position('a1'), await desk.position('a2')]).toEqual(['10', '90'])
  expect(await desk.balance('exchange:ACME-EUR:clearing')).toEqual(nothing)
  const [settled] = await desk.settlements()
  expect(settled).toMatchObject({
    trade: '1',
    buyer: 'a1',
    seller: 'a2',
    resting: 'seller',
    status: 'booked',
  })
  expect(
    await desk.world.ask('ledger.transaction.get', { ledger: 'demo', transaction: settled?.transaction }),
  ).toMatchObject({ reference: 'ACME-EUR/1', value_time: settled?.traded_at.replace(/...Z$/, 'Z') })
})

test('buying power goes back when the engine agrees, and stays where orders need it', async () => {
  await prepare()
  await desk.order(1, 'buy', 30, 9_900)
  const less = await desk.done('exchange.buying-power.release', { ...buyer, amount: '2030.00' })
  const more = await desk.done('exchange.buying-power.release', { ...buyer, amount: '0.01' })
  expect(less).toMatchObject({ status: 'pending' })
  await desk.settle()
  const state = (transfer: unknown) => desk.world.ask('exchange.transfer.get', { transfer })
  expect(await state(less.transfer)).toMatchObject({ status: 'done', reason: null })
  expect(await state(more.transfer)).toMatchObject({ status: 'refused', reason: 'buyingPower' })
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '100000.00', reserved: '2970.00' })
  expect(await desk.refusal('exchange.buying-power.release', { ...buyer, amount: '2970.01' })).toBe(
    'buying_power_insufficient',
  )
})

test('no buying power without money', async () => {
  expect(await desk.refusal('exchange.buying-power.allocate', { ...buyer, amount: '100000.01' })).toBe(
    'insufficient_funds',
  )
  expect(
    await desk.refusal('exchange.position.deposit', { ...seller, quantity: '1001', price: '1.00' }),
  ).toBe('insufficient_funds')
})

test('instruments leave the market unless open orders sell them', async () => {
  await prepare()
  await desk.order(2, 'sell', 60, 20_000)
  const out = { ...seller, price: '100.00' }
  const fits = await desk.done('exchange.position.withdraw', { ...out, quantity: '40' })
  const tooMuch = await desk.done('exchange.position.withdraw', { ...out, quantity: '1' })
  await desk.settle()
  expect(await desk.world.ask('exchange.transfer.get', { transfer: fits.transfer })).toMatchObject({
    status: 'done',
  })
  expect(await desk.world.ask('exchange.transfer.get', { transfer: tooMuch.transfer })).toMatchObject({
    status: 'refused',
    reason: 'position',
  })
  expect(await desk.position('a2')).toBe('60')
  expect(await desk.balance('exchange:a2:trading', 'ACME')).toEqual({ total: '940', reserved: '0' })
  expect(await desk.events('exchange.transfer.refused')).toHaveLength(1)
})

test('what runs low is topped up, as far as there is money', async () => {
  await prepare()
  await desk.done('exchange.buying-power.set', { ...buyer, low: '1000.00', target: '6000.00' })
  await desk.settle()
  expect((await desk.balance('exchange:a1:trading')).reserved).toBe('5000.00')
  await desk.order(1, 'buy', 41, 9_900)
  await desk.settle()
  // 4,059.00 of 5,000.00 are reserved by the order: 941.00 are free, and 5,059.00 more make 6,000.00.
  expect((await desk.balance('exchange:a1:trading')).reserved).toBe('10059.00')
  await desk.done('exchange.buying-power.set', { ...buyer, low: '500000.00', target: '500000.00' })
  await desk.settle()
  await desk.settle()
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '100000.00', reserved: '100000.00' })
  expect(await desk.world.ask('exchange.buying-power.get', buyer)).toMatchObject({
    held: '100000.00',
    coming: '0.00',
    target: '500000.00',
  })
})

test('fees by who rests and who takes, with a minimum and a rebate', async () => {
  await prepare()
  await desk.done('exchange.fees.set', {
    market: 'ACME-EUR',
    tiers: [{ from: '0', maker_ppm: -101, taker_ppm: 1_000 }],
    minimum: '0.25',
  })
  await desk.limits('a1', { fee_rate_ppm: 1_000 })
  await desk.trade(2, 1, 10, 9_950)
  await desk.trade(2, 1, 1, 9_950)
  expect(await desk.settle()).toMatchObject({ trades: 2, forced: 0 })
  // 995.00: the taker pays 0.995, rounded up, the maker gets 0.1004..., rounded down; then the minimum.
  expect((await desk.settlements()).map((one) => [one.buyer_fee, one.seller_fee])).toEqual([
    ['1.00', '-0.10'],
    ['0.25', '-0.01'],
  ])
  expect((await desk.balance('exchange:a1:trading')).total).toBe('98904.25')
  expect((await desk.balance('exchange:a2:trading')).total).toBe('101094.61')
  expect((await desk.balance('exchange:ACME-EUR:fees')).total).toBe('1.14')
})

test('the next tier counts from the day after', async () => {
  await prepare()
  await desk.done('exchange.fees.set', {
    market: 'ACME-EUR',
    tiers: [
      { from: '0', maker_ppm: 0, taker_ppm: 1_000 },
      { from: '500.00', maker_ppm: 0, taker_ppm: 500 },
    ],
  })
  await desk.trade(2, 1, 10, 10_000)
  await desk.trade(2, 1, 10, 10_000)
  desk.world.clock.set('2026-02-01T12:00:00.000Z')
  await desk.trade(2, 1, 10, 10_000)
  desk.world.clock.set('2026-03-20T12:00:00.000Z')
  await desk.trade(2, 1, 10, 10_000)
  await desk.settle()
  expect((await desk.settlements()).map(({ buyer_fee }) => buyer_fee)).toEqual([
    '1.00',
    '1.00',
    '0.50',
    '1.00',
  ])
})

test('an auction in which somebody trades with oneself', async () => {
  await prepare()
  await desk.done('exchange.position.deposit', { ...buyer, quantity: '5', price: '100.00' })
  await desk.done('exchange.market.phase', { market: 'ACME-EUR', phase: 'opening_auction' })
  await desk.settle()
  await desk.order(1, 'sell', 5, 10_000)
  await desk.order(1, 'buy', 5, 10_000)
  await desk.done('exchange.market.phase', { market: 'ACME-EUR', phase: 'continuous' })
  expect(await desk.settle()).toMatchObject({ trades: 1, forced: 0, refused: 0 })
  expect((await desk.settlements())[0]).toMatchObject({ buyer: 'a1', seller: 'a1', resting: 'auction' })
  expect(await desk.position('a1')).toBe('5')
  expect((await desk.balance('exchange:a1:trading')).total).toBe('100000.00')
})

test('a margin account borrows to buy and sells short, over collateral that stays', async () => {
  await desk.done('exchange.account.open', {
    account: 'm4',
    participant: 'broker-1',
    kind: 'margin',
    capacity: 'client',
  })
  await desk.fund('m4')
  await desk.limits('m4', {
    permissions: ['buy', 'sell', 'short_sale'],
    max_order_quantity: '1000',
    max_order_value: '1000000.00',
    max_position: '1000',
    locate: '1000',
    initial_margin_ppm: 500_000,
  })
  await prepare()
  await desk.done('exchange.buying-power.allocate', { account: 'm4', market: 'ACME-EUR', amount: '3000.00' })
  await desk.settle()
  await desk.trade(2, 4, 50, 10_000)
  await desk.settle()
  expect(await desk.balance('exchange:m4:margin')).toEqual({ total: '-5000.00', reserved: '0.00' })
  expect(await desk.balance('exchange:m4:trading')).toEqual({ total: '100000.00', reserved: '3000.00' })
  await desk.order(4, 'sell', 50, 10_000)
  await desk.order(1, 'buy', 50, 10_000)
  await desk.order(3, 'buy', 10, 10_000)
  await desk.done('exchange.buying-power.allocate', { account: 'a3', market: 'ACME-EUR', amount: '3000.00' })
  await desk.settle()
  await desk.order(3, 'buy', 10, 10_000)
  await desk.order(4, 'sell', 10, 10_000, { short: true })
  await desk.settle()
  expect([await desk.position('m4'), await desk.position('a3')]).toEqual(['-10', '10'])
  expect((await desk.balance('exchange:m4:margin')).total).toBe('1000.00')
})
