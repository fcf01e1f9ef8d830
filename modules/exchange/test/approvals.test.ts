import type { Actor, Answer } from '@florin/kernel'
import type { World } from '@florin/kernel/testing'
import { answer, enterOrder, reason } from '@florin/orderbook'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acme, createHost, createMarket, runBy } from './lib/market.ts'

const clerk: Actor = { id: 'clerk', kind: 'key', permissions: ['exchange.*'] }
const boss: Actor = { id: 'boss', kind: 'key', permissions: ['kernel.approval.*', 'exchange.approve'] }

const florin: Actor = { id: 'system:test', kind: 'system', permissions: ['*'] }

let world: World
beforeEach(async () => {
  world = await createMarket()
  for (const { id, permissions } of [clerk, boss])
    await world.done('kernel.key.create', { name: id, permissions })
  await world.done(
    'kernel.approval-policy.set',
    { policy: 'exchange', commands: ['exchange.*'], approvers: 1, approver_permission: 'exchange.approve' },
    { reason: 'Four eyes on markets' },
  )
})
afterEach(() => world.close())

const send = (name: string, input: unknown): Promise<Answer> =>
  world.execute(name, input, { actor: clerk, reason: 'Agreed with the board' })

/** Sends what has to wait, sees that nothing has happened, and has it approved. */
async function approved(name: string, input: unknown): Promise<unknown> {
  const before = await exchangeState()
  const asked = await send(name, input)
  expect(asked, name).toMatchObject({ status: 'pending', approval: { needs: [{ policy: 'exchange' }] } })
  expect(await exchangeState(), name).toEqual(before)
  return world.done(
    'kernel.approval.approve',
    { approval: asked.id },
    { actor: boss, reason: 'Read and agreed' },
  )
}

async function exchangeState(): Promise<unknown> {
  return Object.entries(await world.state()).filter(([table]) => table.startsWith('exchange.'))
}

const market = 'ACME-EUR'
const limits = {
  permissions: ['buy', 'sell', 'short_sale'],
  max_order_quantity: '1000',
  max_order_value: '1000000.00',
  max_position: '1000000',
  locate: '1000000',
}

test('markets, fees, schedules and limits wait for a second person, and are then set as asked', async () => {
  const opened = await approved('exchange.market.open', {
    market: 'ACME-USD',
    instrument: 'ACME',
    quote: 'USD',
    ledger: 'demo',
    tick: '0.01',
    lot: '1',
    price_min: '0.01',
    price_max: '1000.00',
    settlement_days: 2,
    capacity: { orders: 1_000, accounts: 10, sessions: 10, client_ids: 1_000, largest_position: 1_000 },
  })
  expect(opened).toMatchObject({ status: 'executed', requested_by: 'clerk', output: { market: 'ACME-USD' } })
  expect(await world.ask('exchange.market.get', { market: 'ACME-USD' })).toMatchObject({ opened_by: 'clerk' })

  const tiers = [{ from: '0.00', maker_ppm: 100, taker_ppm: 250 }]
  await approved('exchange.fees.set', { market, tiers })
  expect(await world.ask('exchange.fees.get', { market })).toMatchObject({
    version: 1,
    set_by: 'clerk',
    tiers,
  })

  expect(await approved('exchange.account.limits.set', { account: 'a1', market, limits })).toMatchObject({
    status: 'executed',
    output: { account: 'a1', version: 1 },
  })
  expect(await world.ask('exchange.account.limits.get', { account: 'a1', market })).toMatchObject({
    set_by: 'clerk',
  })
  expect(await world.verify()).toEqual([])
})

test('what the exchange refuses fails once it is approved', async () => {
  const tiers = [{ from: '1', maker_ppm: 0, taker_ppm: 0 }]
  expect(await approved('exchange.fees.set', { market, tiers })).toMatchObject({
    status: 'failed',
    failure: { code: 'fees_invalid' },
  })
})

test('limits that were approved are the engine’s from then on', async () => {
  const host = createHost(world)
  try {
    await world.done('exchange.market.reference', { market, price: '100.00' }, { actor: florin })
    const sequencer = await runBy(host, await acme(world))
    const sell = enterOrder({
      time: 0,
      account: 1,
      side: 'sell',
      price: 10_000,
      quantity: 1,
      short: true,
    } as never)
    const enter = async () => {
      sequencer.nudge()
      // What waits in the inbox comes before what is submitted after this one.
      await sequencer.submit(sell)
      return (await sequencer.submit(sell)).records[answer.reason]
    }
    await send('exchange.market.phase', { market, phase: 'continuous' })
    expect(await enter()).toBe(reason.notPermitted)
    await approved('exchange.account.limits.set', { account: 'a1', market, limits })
    expect(await enter()).toBe(0)
  } finally {
    await host.stop()
  }
})

test('what stops trading works at once, and so do orders', async () => {
  const order = { market, account: 'a1', side: 'buy', price: '100.00', quantity: '1', client_id: '1' }
  for (const [name, input] of [
    ['exchange.market.kill', { market, on: true, cancel: true }],
    ['exchange.market.phase', { market, phase: 'halted' }],
    ['exchange.order.enter', order],
    ['exchange.order.cancel-all', { market, account: 'a1' }],
  ] as const)
    expect(await send(name, input), name).toMatchObject({ status: 'done' })
})

test('taking the kill switch back can be made to wait, throwing it still works at once', async () => {
  await world.done(
    'kernel.approval-policy.set',
    {
      policy: 'unkill',
      commands: ['exchange.market.kill'],
      conditions: [{ path: '/on', equals: false }],
      approvers: 1,
      approver_permission: 'exchange.approve',
    },
    { reason: 'Back to trading with four eyes' },
  )
  expect(await send('exchange.market.kill', { market, on: true })).toMatchObject({ status: 'done' })
  expect(await send('exchange.market.kill', { market, on: false })).toMatchObject({
    status: 'pending',
    approval: { needs: [{ policy: 'unkill' }] },
  })
})

test('a policy that names order entry is refused: it would not hold', async () => {
  const commands = ['exchange.order.enter']
  const policy = { policy: 'orders', commands, approvers: 1, approver_permission: 'exchange.approve' }
  const said = await world.execute('kernel.approval-policy.set', policy, { reason: 'test' })
  expect(said).toMatchObject({ status: 'refused', refusal: { code: 'approval_policy_invalid' } })
})
