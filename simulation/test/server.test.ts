import { afterEach, expect, test } from 'vitest'
import {
  FlorinProcess,
  Load,
  PatientDatabase,
  type PatientWorld,
  Site,
  type SiteOptions,
} from '../src/index.ts'

let site: Site
let world: PatientWorld
let load: Load

async function open(options: SiteOptions = {}): Promise<void> {
  site = await Site.open(options)
  world = await site.world()
  load = new Load(world)
  await load.open()
}

afterEach(async () => {
  await world.close()
  await site.close()
})

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now()
  while (!(await done())) {
    if (performance.now() - began > 120_000) throw new Error(`not in time: ${done}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What callers were told while it lasted: nothing but to send it again. */
function toldOnly(...codes: string[]): void {
  expect([...world.told.keys()].filter((code) => !codes.includes(code))).toEqual([])
}

test('PostgreSQL and single backends of it are killed under load', async () => {
  await open()
  const posting = load.postAll(0, 300)
  await until(() => load.acknowledged.size >= 50)
  const first = site.server.pid
  process.kill(first, 'SIGKILL')
  await until(() => site.server.pid !== first && load.acknowledged.size >= 150)
  const [backend] = await world.adminDatabase.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'florin' AND pid <> pg_backend_pid() LIMIT 1`,
  )
  // one backend that dies takes all with it: the shared memory may be damaged
  if (backend !== undefined) process.kill(backend.pid, 'SIGKILL')
  await posting
  expect(backend).toBeDefined()
  expect(load.acknowledged.size).toBe(300)
  expect(await load.judge()).toEqual([])
  toldOnly('database_unavailable')
})

test('other clients take every connection: callers are told, and go on when there are some again', async () => {
  await open({
    server: { max_connections: 25, superuser_reserved_connections: 0 },
    database: { acquireTimeoutMs: 1_000 },
    retry: { conflicts: 10, connectionLosses: 3, firstPauseMs: 1, longestPauseMs: 20, patienceMs: 5_000 },
  })
  await load.postAll(0, 50)
  await world.adminDatabase.query(`CREATE ROLE crowd LOGIN PASSWORD 'crowd'`)
  site.proxy.cut()
  const url = new URL(site.server.adminUrl)
  url.username = 'crowd'
  url.password = 'crowd'
  const crowd = new PatientDatabase(url.href, {
    poolSize: 40,
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
    acquireTimeoutMs: 5_000,
  })
  const held: (() => void)[] = []
  for (let full = false; !full; ) {
    await crowd.session().then(
      ({ release }) => held.push(release),
      () => {
        full = true
      },
    )
  }
  const posting = load.postAll(50, 120)
  await until(() => world.told.size > 0)
  for (const release of held) release()
  await posting
  await crowd.close()
  expect(held.length).toBeGreaterThan(5)
  expect(load.acknowledged.size).toBe(120)
  expect(await load.judge()).toEqual([])
  toldOnly('database_unavailable')
})

test('a disk that is slow to flush: each commit takes a tenth of a second more', async () => {
  await open()
  const admin = new PatientDatabase(site.server.adminUrl)
  await admin.query('ALTER SYSTEM SET commit_delay = 100000')
  await admin.query('ALTER SYSTEM SET commit_siblings = 0')
  await admin.query('SELECT pg_reload_conf()')
  await load.postAll(0, 100, 64)
  await admin.close()
  expect(load.acknowledged.size).toBe(100)
  expect(await load.judge()).toEqual([])
  toldOnly()
})

test('a process that is stopped while it holds the ledger’s lock keeps others waiting only so long', async () => {
  await open({ database: { lockTimeoutMs: 500 } })
  const options = { url: site.proxy.through(world.url), idleInTransactionTimeoutMs: 1_500 }
  const stopped = new FlorinProcess({ ...options, stopAt: 'FOR NO KEY UPDATE OF h' })
  const other = new FlorinProcess(options)
  const call = stopped.call('ledger.transaction.post', load.input(1), load.key(1))
  await until(() => stopped.isStopped())
  const waited = await other.call('ledger.transaction.post', load.input(2), load.key(2))
  expect(waited).toMatchObject({ status: 'done' })
  await load.postAll(3, 20)
  // it wakes up without the lock and the connection it had, and does its work from the start
  stopped.signal('SIGCONT')
  const woken = await call
  expect(woken).toMatchObject({ status: 'done' })
  load.note(1, woken.id ?? '')
  load.note(2, waited.id ?? '')
  await Promise.all([stopped.close(), other.close()])
  expect(await load.judge()).toEqual([])
  expect(load.acknowledged.size).toBe(19)
})

test('several processes at once, one of them killed: every call is booked once', async () => {
  await open()
  const url = site.proxy.through(world.url)
  const processes = [1, 2, 3].map(() => new FlorinProcess({ url }))
  const [victim] = processes
  const send = async (n: number): Promise<void> => {
    for (let attempt = n; ; attempt++) {
      const process = processes[attempt % processes.length]
      const said = await process?.call('ledger.transaction.post', load.input(n), load.key(n))
      if (said?.status === 'done') return load.note(n, said.id ?? '')
      expect(['the process ended', 'overloaded', 'database_unavailable']).toContain(said?.error)
    }
  }
  let next = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < 300; n = next++) {
      if (n === 100) victim?.signal('SIGKILL')
      await send(n)
    }
  }
  await Promise.all(Array.from({ length: 24 }, worker))
  await Promise.all(processes.map((process) => process.close()))
  expect(load.acknowledged.size).toBe(300)
  expect(await load.judge()).toEqual([])
})
