import { newSecret, systemRandom } from '@florin/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyNamed, openSite, problem, refusedWith, type Site, send } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite({ openMetrics: false })
})
afterAll(() => site.close())

const recorded = async () => {
  const rows = await site.world.adminDatabase.query<{ input: unknown; actor: string; source_ip: string }>(
    `SELECT input, actor, source_ip FROM kernel.audit WHERE action = 'kernel.login' ORDER BY seq`,
  )
  return rows
}

test.each([
  ['no key', {}],
  ['another scheme', { authorization: 'Basic abc' }],
  ['a malformed key', { authorization: 'Bearer nonsense' }],
  ['an unknown key', { authorization: `Bearer ${newSecret(systemRandom)}` }],
])('%s is refused and recorded', async (_what, headers) => {
  const before = await recorded()
  const answer = await send(site, '/v1/keys', { anonymous: true, headers })
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="florin"')
  expect(await problem(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
  const after = await recorded()
  expect(after.length).toBe(before.length + 1)
  expect(after.at(-1)).toMatchObject({
    actor: 'anonymous',
    source_ip: '127.0.0.1',
    input: { path: '/v1/keys' },
  })
})

test('the scheme’s case does not matter', async () => {
  expect((await send(site, '/v1/keys', { headers: { authorization: `bearer ${site.secret}` } })).status).toBe(
    200,
  )
})

test('strangers’ bodies are not read', async () => {
  const body = 'x'.repeat(2_000_000)
  expect(await refusedWith(send(site, '/v1/jars', { anonymous: true, body }))).toBe('401 unauthenticated')
})

test('a key does what it may and no more', async () => {
  const secret = newSecret(systemRandom)
  const key = keyNamed(site.world, 'reader', secret, ['kernel.key.list'])
  await insert(key)
  const headers = { authorization: `Bearer ${secret}` }
  expect((await send(site, '/v1/keys', { headers })).status).toBe(200)
  expect(await refusedWith(send(site, '/v1/audit', { headers }))).toBe('403 forbidden')
  expect(await refusedWith(send(site, '/metrics', { headers }))).toBe('403 forbidden')
})

test('metrics need a key where others can reach the port', async () => {
  expect(await refusedWith(send(site, '/metrics', { anonymous: true }))).toBe('401 unauthenticated')
  const answer = await send(site, '/metrics')
  expect(answer.headers.get('content-type')).toContain('text/plain')
})

test('a flood of refused logins is counted, but does not fill the audit trail', async () => {
  const before = (await recorded()).length
  for (let round = 0; round < 15; round++) {
    await Promise.all(Array.from({ length: 20 }, () => send(site, '/v1/keys', { anonymous: true })))
  }
  const flooded = (await recorded()).length
  expect(flooded - before).toBeLessThanOrEqual(100)
  expect(await site.metrics.registry.metrics()).toMatch(/florin_refused_logins_unrecorded_total [1-9]/)
  site.world.clock.advance(2_000)
  await send(site, '/v1/keys', { anonymous: true })
  const after = await recorded()
  expect(after.length).toBe(flooded + 1)
  expect(after.at(-1)?.input).toMatchObject({ unrecorded_before: expect.any(Number) })
})

test('no key is ever logged or recorded', async () => {
  const secret = newSecret(systemRandom)
  for (const path of [
    `/v1/keys?key=${secret}`,
    `/v1/echo/${secret}`,
    `/v1/nope/${secret}`,
    `/v1/echo/fault?key=${secret}`,
  ]) {
    await send(site, path)
    await send(site, path, { headers: { authorization: `Bearer ${secret}` } })
    await send(site, path, { headers: { authorization: `Basic ${secret}` } })
  }
  await send(site, '/v1/jars', { body: `{"name":"${secret}"}` })
  const kept = JSON.stringify(
    await site.world.adminDatabase.query('SELECT input, changes, reason FROM kernel.audit'),
  )
  for (const key of [secret, site.secret]) {
    expect(site.logged()).not.toContain(key)
    expect(kept).not.toContain(key)
  }
  expect(site.logged()).toContain('rejected')
})

async function insert(key: ReturnType<typeof keyNamed>): Promise<void> {
  const { insertKey } = await import('@florin/kernel')
  await insertKey(site.world.adminDatabase, key, site.world.clock.now())
}
