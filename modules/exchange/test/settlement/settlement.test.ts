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

test('a trade becomes one transaction; the buyer pays out of what was held', async () => {
  await desk.done('exchange.buying-power.allocate', { ...buyer, amount: '5000.00' })
  await desk.done('exchange.position.deposit', { ...seller, quantity: '100', price: '100.00' })
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '100000.00', reserved: '5000.00' })
  expect(await desk.balance('exchange:a2:trading', 'ACME')).toEqual({ total: '1000', reserved: '100' })
  await desk.settle()
  expect(await desk.balance('exchange:a2:trading', 'ACME')).toEqual({ total: '900', reserved: '0' })
  expect(await desk.balance('exchange:ACME-EUR:a2:position', 'ACME')).toEqual({ total: '100', reserved: '0' })

  await desk.trade(2, 1, 10, 9_950)
  expect(await desk.settle()).toMatchObject({ trades: 1, forced: 0, refused: 0 })
  expect(await desk.balance('exchange:a1:trading')).toEqual({ total: '99005.00', reserved: '4005.00' })
  expect(await desk.balance('exchange:a2:trading')).toEqual({ total: '100995.00', reserved: '0.00' })
  expect(await desk.balance('exchange:ACME-EUR:a1:position', 'ACME')).toEqual({ total: '10', reserved: '0' })
  expect(await desk.balance('exchange:ACME-EUR:a2:position', 'ACME')).toEqual({ total: '90', reserved: '0' })
  expect(await desk.balance('exchange:ACME-EUR:clearing')).toEqual({ total: '0.00', reserved: '0.00' })
})
