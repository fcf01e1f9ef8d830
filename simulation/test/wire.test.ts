import { RequestError } from '@florin/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Load, type PatientWorld, Site } from '../src/index.ts'

let site: Site
let world: PatientWorld
let load: Load
beforeEach(async () => {
  // a server that does not answer is given up after 1.6 s
  site = await Site.open({ database: { statementTimeoutMs: 1_000, acquireTimeoutMs: 1_000 } })
  world = await site.world()
  load = new Load(world)
  await load.open()
})
afterEach(async () => {
  site.proxy.heal()
  site.proxy.cut()
  await world.close()
  await site.close()
})

async function whileLoaded(count: number, disturb: (done: () => number) => Promise<void>): Promise<void> {
  const before = load.acknowledged.size
  const posting = load.postAll(0, count)
  await disturb(() => load.acknowledged.size - before)
  await posting
  expect(load.acknowledged.size - before).toBe(count)
  expect(await load.judge()).toEqual([])
  expect([...world.told.keys()].filter((code) => code !== 'database_unavailable')).toEqual([])
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function until(done: () => boolean): Promise<void> {
  const began = performance.now()
  while (!done()) {
    if (performance.now() - began > 120_000) throw new Error(`not in time: ${done}`)
    await turn()
  }
}

test('connections are cut again and again under load', async () => {
  await whileLoaded(300, async (done) => {
    for (const at of [30, 80, 130, 180, 230]) {
      await until(() => done() >= at)
      site.proxy.cut()
    }
  })
})

test('the network is gone for a while: callers are told so, and go on when it is back', async () => {
  await whileLoaded(150, async (done) => {
    await until(() => done() >= 50)
    site.proxy.close()
    await until(() => world.told.size > 0)
    site.proxy.heal()
  })
  expect(world.told.get('database_unavailable')).toBeGreaterThan(0)
})

test('half-open connections, of which nobody is told, are given up and replaced', async () => {
  await whileLoaded(150, async (done) => {
    await until(() => done() >= 50)
    site.proxy.silence()
    // new connections get through; those that are silent stay so
    site.proxy.heal()
  })
})

test('a slow wire slows and changes nothing', async () => {
  site.proxy.delay(5)
  await whileLoaded(80, async () => undefined)
})

test('a call that meets a silent wire is answered with 503 in bounded time', async () => {
  site.proxy.silence()
  const began = performance.now()
  const command = world.registry.commands.get('ledger.transaction.post')
  if (command === undefined) throw new Error('no such command')
  const call = world.engine.execute(command, load.input(1), world.context({ idempotencyKey: 'silent' }))
  const error = await call.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RequestError)
  expect(error).toMatchObject({ code: 'database_unavailable' })
  expect(performance.now() - began).toBeLessThan(45_000)
}, 200_000)
