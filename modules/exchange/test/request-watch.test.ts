import { createLog } from '@florin/kernel'
import type { World } from '@florin/kernel/testing'
import { afterEach, expect, test } from 'vitest'
import { createMarket } from './lib/market.ts'

let world: World
afterEach(() => world.close())

test('a look for requests that fails is logged once, until one succeeds', async () => {
  const logged: string[] = []
  const log = createLog('warn', { write: (line) => logged.push(line) })
  world = await createMarket(2, { engine: { log } })
  const { request } = (await world.done('exchange.market.reference', {
    market: 'ACME-EUR',
    price: '100.00',
  })) as { request: string }
  const wait = () => world.ask('exchange.request.get', { request, wait_ms: 20 })
  const breakLooks = () => {
    world.database.interceptor = (statement, stage) => {
      if (stage === 'before' && statement.includes('HAVING count(*)')) throw new Error('no look today')
    }
  }
  breakLooks()
  // Nobody runs the market: they wait until their time is up, whatever fails.
  expect(await wait()).toMatchObject({ state: 'waiting' })
  expect(await wait()).toMatchObject({ state: 'waiting' })
  expect(logged).toHaveLength(1)
  expect(logged[0]).toContain('no look today')
  world.database.interceptor = undefined
  await wait()
  breakLooks()
  await wait()
  expect(logged).toHaveLength(2)
})
