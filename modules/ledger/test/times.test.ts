import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
let world: World

beforeAll(async () => {
  world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
})
afterAll(() => world.close())

const deposit = { debit: 'bank:main', credit: 'customers:42:wallet', amount: '100.00', asset: 'EUR' }
const hold = { ledger: 'demo', debit: 'customers:42:wallet', credit: 'clearing:cards', asset: 'EUR' }

test.each([
  '0001-01-01T00:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '2026-01-31T11:59:59.001Z',
  '2026-01-31T11:59:59.999Z',
])('the value time %s is kept to the millisecond', async (valueTime) => {
  const input = { ledger: 'demo', postings: [deposit], value_time: valueTime }
  const first = await world.execute('ledger.transaction.post', input, { key: valueTime })
  expect(first).toMatchObject({ status: 'done', output: { value_time: valueTime } })
  const again = await world.execute('ledger.transaction.post', input, { key: valueTime })
  expect(again).toEqual({ ...first, replayed: true })
})

test.each(['2026-01-31T12:00:00.001Z', '2099-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'])(
  'the expiry %s is kept to the millisecond',
  async (expiresAt) => {
    const input = { ...hold, amount: '1.00', expires_at: expiresAt }
    const first = await world.execute('ledger.hold.reserve', input, { key: expiresAt })
    expect(first).toMatchObject({ status: 'done', output: { expires_at: expiresAt } })
    const again = await world.execute('ledger.hold.reserve', input, { key: expiresAt })
    expect(again).toEqual({ ...first, replayed: true })
  },
)

test('a hold holds until the very millisecond of its expiry and nothing from then on', async () => {
  const later = await createWorld({ modules, start: '9999-12-31T23:59:59.000Z' })
  try {
    await later.done('ledger.open', { ledger: 'demo' })
    await later.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
    await later.done('ledger.transaction.post', { ledger: 'demo', postings: [deposit] })
    const all = { ...hold, amount: '100.00', expires_at: '9999-12-31T23:59:59.999Z' }
    await later.done('ledger.hold.reserve', all)
    const spend = { ledger: 'demo', postings: [{ ...deposit, debit: deposit.credit, credit: deposit.debit }] }
    later.clock.set('9999-12-31T23:59:59.998Z')
    expect(await later.execute('ledger.transaction.post', spend)).toMatchObject({
      status: 'refused',
      refusal: { code: 'insufficient_funds' },
    })
    later.clock.set('9999-12-31T23:59:59.999Z')
    expect(await later.execute('ledger.transaction.post', spend)).toMatchObject({ status: 'done' })
  } finally {
    await later.close()
  }
})

test('an account whose last hold has expired is empty enough to be closed', async () => {
  const account = { ledger: 'demo', address: 'customers:7:wallet', asset: 'EUR' }
  const fund = { ...deposit, credit: account.address }
  await world.done('ledger.transaction.post', { ledger: 'demo', postings: [fund] })
  const expires_at = new Date(world.clock.now() + 1_000).toISOString()
  // The wallet is on the side that holds take nothing from, so that only the hold keeps it from being empty.
  const input = {
    ledger: 'demo',
    debit: 'bank:main',
    credit: account.address,
    amount: '1.00',
    asset: 'EUR',
    expires_at,
  }
  await world.done('ledger.hold.reserve', input)
  const back = { ...fund, debit: account.address, credit: 'bank:main' }
  await world.done('ledger.transaction.post', { ledger: 'demo', postings: [back] })
  expect(await world.execute('ledger.account.close', account)).toMatchObject({
    refusal: { code: 'account_not_empty' },
  })
  world.clock.advance(1_000)
  expect(await world.execute('ledger.account.close', account)).toMatchObject({ status: 'done' })
  expect(await world.verify()).toEqual([])
})

test('an expiry that was recorded too early, by a clock that stepped back, keeps nothing from expiring', async () => {
  const worker = { id: 'system:worker', kind: 'system' as const, permissions: ['*'] }
  const expires_at = new Date(world.clock.now() + 5_000).toISOString()
  const held = await world.execute('ledger.hold.reserve', { ...hold, amount: '2.00', expires_at })
  const expire = (key: string) =>
    world.execute('ledger.hold.expire', { ledger: 'demo', hold: held.id }, { actor: worker, key })
  expect(await expire(held.id)).toMatchObject({ status: 'refused', refusal: { code: 'hold_not_due' } })
  world.clock.advance(5_000)
  // Any posting on the account ends the hold first.
  expect(
    await world.execute('ledger.transaction.post', { ledger: 'demo', postings: [deposit] }),
  ).toMatchObject({
    status: 'done',
  })
  expect(await expire('another round')).toMatchObject({ refusal: { code: 'hold_not_open' } })
  expect(await world.verify()).toEqual([])
})
