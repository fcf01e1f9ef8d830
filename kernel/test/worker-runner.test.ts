import { createLog, systemRandom, type Worker, WorkerRunner } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createJar, modules } from './tally/index.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ modules })
})
afterEach(() => world.close())

function runnerOf(worker: Worker, database = world.database): WorkerRunner {
  const { engine, clock } = world
  return new WorkerRunner({
    workers: [worker],
    engine,
    database,
    log: createLog('silent'),
    clock,
    random: systemRandom,
  })
}

test('a worker is called again at once while it finds something to do, and works through commands', async () => {
  const names = ['red', 'green', 'blue']
  const idle = Promise.withResolvers<void>()
  const runner = runnerOf({
    name: 'test.jars',
    role: 'worker',
    everyMs: 60_000,
    async run(tools) {
      const name = names.shift()
      if (name === undefined) idle.resolve()
      else await tools.execute(createJar, { name }, tools.context(name))
      return name === undefined ? 0 : 1
    },
  })
  runner.start()
  await idle.promise
  await runner.stop()
  const rows = await world.database.query('SELECT name FROM tally.jars ORDER BY name')
  expect(rows).toEqual([{ name: 'blue' }, { name: 'green' }, { name: 'red' }])
})

test('one process at a time runs a worker; another takes over when it stops or loses its connection', async () => {
  const ran: string[] = []
  const first = Promise.withResolvers<void>()
  const worker = (who: string): Worker => ({
    name: 'test.alone',
    role: 'worker',
    everyMs: 5,
    run: async () => {
      ran.push(who)
      first.resolve()
      return 0
    },
  })
  const a = runnerOf(worker('a'))
  const b = runnerOf(worker('b'), world.secondEngine().database)
  a.start()
  await first.promise
  b.start()
  await expect.poll(() => ran.length).toBeGreaterThan(20)
  expect(new Set(ran)).toEqual(new Set(['a']))
  await a.stop()
  await expect.poll(() => ran.at(-1)).toBe('b')
  await b.stop()
})

test('a worker that fails is tried again, and a stop waits for what is under way', async () => {
  let calls = 0
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const runner = runnerOf({
    name: 'test.shaky',
    role: 'worker',
    everyMs: 1,
    async run() {
      if (calls++ === 0) throw new Error('not yet')
      entered.resolve()
      await leave.promise
      return 0
    },
  })
  runner.start()
  await entered.promise
  let stopped = false
  const stop = runner.stop().then(() => {
    stopped = true
  })
  await world.database.query('SELECT 1')
  expect(stopped).toBe(false)
  leave.resolve()
  await stop
  expect(calls).toBe(2)
})
