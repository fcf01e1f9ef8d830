import { type Actor, KeyRing, kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

const modules = [kernelModule]
let world: World
let ring: KeyRing
beforeEach(async () => {
  world = await createWorld({ modules })
  ring = new KeyRing(world.database, world.clock)
})
afterEach(() => world.close())

async function create(input: Record<string, unknown> = {}, actor?: Actor): Promise<string> {
  const wanted = { name: 'till', permissions: ['ledger.*'], ...input }
  const output = await world.done('kernel.key.create', wanted, actor === undefined ? {} : { actor })
  if (typeof output !== 'object' || output === null || !('secret' in output)) throw new Error('no secret')
  return String(output.secret)
}

async function keys(): Promise<unknown> {
  const page = await world.ask('kernel.key.list', {})
  return typeof page === 'object' && page !== null && 'items' in page ? page.items : undefined
}

test('a key says who calls and what they may', async () => {
  const secret = await create()
  expect(secret).toMatch(/^florin_[A-Za-z0-9_-]{43}$/)
  expect(await ring.actorOf(secret)).toEqual({ id: 'till', kind: 'key', permissions: ['ledger.*'] })
  const another = `${secret.slice(0, -2)}${secret.endsWith('AA') ? 'BB' : 'AA'}`
  for (const wrong of [another, '', 'florin_', secret.slice(1), `${secret} `])
    expect(await ring.actorOf(wrong), wrong).toBeUndefined()
})

test('the secret is stored nowhere', async () => {
  const secret = await create()
  await ring.actorOf(secret)
  const state = JSON.stringify(await world.state())
  expect(state).toContain('till')
  expect(state).not.toContain(secret)
  expect(state).not.toContain(secret.slice('florin_'.length))
})

test('a key expires to the millisecond, by the clock alone', async () => {
  const secret = await create({ expires_at: '2026-01-31T13:00:00.000Z' })
  world.clock.set('2026-01-31T12:59:59.999Z')
  expect(await ring.actorOf(secret)).toBeDefined()
  world.clock.advance(1)
  expect(await ring.actorOf(secret)).toBeUndefined()
})

test('a revocation takes effect within a second in a process that knows the key', async () => {
  const secret = await create()
  expect(await ring.actorOf(secret)).toBeDefined()
  await world.done('kernel.key.revoke', { name: 'till' })
  world.clock.advance(999)
  expect(await ring.actorOf(secret)).toBeDefined()
  world.clock.advance(1)
  expect(await ring.actorOf(secret)).toBeUndefined()
  expect(await new KeyRing(world.database, world.clock).actorOf(secret)).toBeUndefined()
})

test('a clock that steps back does not keep a revoked key alive', async () => {
  const secret = await create()
  await ring.actorOf(secret)
  await world.done('kernel.key.revoke', { name: 'till' })
  world.clock.advance(-3_600_000)
  expect(await ring.actorOf(secret)).toBeUndefined()
})

test('last use is noted, a minute apart', async () => {
  const secret = await create()
  expect(await keys()).toMatchObject([{ last_used_at: null }])
  await ring.actorOf(secret)
  world.clock.advance(59_999)
  await ring.actorOf(secret)
  expect(await keys()).toMatchObject([{ last_used_at: '2026-01-31T12:00:00.000Z' }])
  world.clock.advance(1)
  await ring.actorOf(secret)
  expect(await keys()).toMatchObject([{ last_used_at: '2026-01-31T12:01:00.000Z' }])
})

test('a use that cannot be noted does not turn the caller away', async () => {
  const secret = await create()
  world.database.interceptor = (statement) => {
    if (statement.includes('api_key_uses')) throw new Error('disk full')
  }
  expect(await ring.actorOf(secret)).toBeDefined()
  world.database.interceptor = undefined
  await ring.actorOf(secret)
  expect(await keys()).toMatchObject([{ last_used_at: '2026-01-31T12:00:00.000Z' }])
})

test('many calls at once read a key once', async () => {
  const secret = await create()
  let reads = 0
  world.database.interceptor = (statement, stage) => {
    if (stage === 'before' && statement.includes('WHERE secret_hash')) reads++
  }
  const actors = await Promise.all(Array.from({ length: 50 }, () => ring.actorOf(secret)))
  expect([new Set(actors).size, reads]).toEqual([1, 1])
})

test('nobody gives away what they do not hold', async () => {
  const clerk: Actor = { id: 'clerk', kind: 'key', permissions: ['kernel.key.*', 'ledger.account.*'] }
  const refused = [['*'], ['ledger.*'], ['ledger.account.open', 'ledger.post'], ['kernel.*'], ['ledger']]
  for (const permissions of refused) {
    const answer = await world.execute('kernel.key.create', { name: 'x', permissions }, { actor: clerk })
    expect(answer, permissions.join()).toMatchObject({ refusal: { code: 'permission_not_held' } })
  }
  const held = { name: 'x', permissions: ['ledger.account.*', 'ledger.account.open', 'kernel.key.create'] }
  expect(await ring.actorOf(await create(held, clerk))).toMatchObject(held.permissions && { id: 'x' })
})

test('a name is never given out again', async () => {
  await create()
  await world.done('kernel.key.revoke', { name: 'till' })
  const answer = await world.execute('kernel.key.create', { name: 'till', permissions: ['a'] })
  expect(answer).toMatchObject({ refusal: { code: 'key_exists' } })
})
