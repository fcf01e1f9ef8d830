import { expect, test } from 'vitest'
import {
  createLog,
  Metrics,
  type Service,
  ServiceRunner,
  type ServiceTools,
  systemClock,
  systemRandom,
} from '../src/index.ts'
import { kernelModule } from '../src/module.ts'
import { createWorld } from '../src/testing/index.ts'

test('services are started with what they need and all are stopped, also where one fails to', async () => {
  const world = await createWorld({ modules: [kernelModule] })
  const said: string[] = []
  const given: ServiceTools[] = []
  const service = (name: string, fails: boolean): Service => ({
    name,
    role: 'test',
    start(tools) {
      given.push(tools)
      said.push(`${name} runs at ${tools.address ?? 'nowhere'} as ${tools.context('key').actor.id}`)
      return {
        async stop() {
          said.push(`${name} ended`)
          if (fails) throw new Error(`${name} did not end well`)
        },
      }
    },
  })
  const { engine, database } = world
  const runner = new ServiceRunner({
    services: [service('a', true), service('b', false)],
    engine,
    database,
    log: createLog('silent'),
    metrics: new Metrics(),
    clock: systemClock,
    random: systemRandom,
  })
  runner.start('http://127.0.0.1:1')
  expect(given.map((tools) => tools.database)).toEqual([database, database])
  await expect(runner.stop()).rejects.toThrow('a did not end well')
  expect(said).toEqual([
    'a runs at http://127.0.0.1:1 as system:a',
    'b runs at http://127.0.0.1:1 as system:b',
    'a ended',
    'b ended',
  ])
  await world.close()
})

test('a session hears what others notify, until it is released', async () => {
  const world = await createWorld({ modules: [kernelModule] })
  const session = await world.database.session()
  const heard: string[] = []
  const first = new Promise((resolve) =>
    session.onNotification((channel, payload) => {
      heard.push(`${channel} ${payload}`)
      if (payload === 'last') resolve(undefined)
    }),
  )
  await session.db.query('LISTEN some_channel')
  await world.database.transaction(async (db) => {
    await db.query(`SELECT pg_notify('some_channel', 'first')`)
    await db.query(`SELECT pg_notify('other_channel', 'no')`)
  })
  await world.database.query(`SELECT pg_notify('some_channel', 'last')`)
  await first
  expect(heard).toEqual(['some_channel first', 'some_channel last'])
  session.release()
  await world.close()
})
