import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRunning, startEmbedded } from '../src/index.ts'
import { processesOn, signal } from '../src/processes.ts'
import { eventually, Florin, killAll, onLinux, query, runs, tempFolder } from './support.ts'

/** Commits rows one by one until the server is gone; answers the last number that was acknowledged. */
async function writeUntilKilled(url: string, kill: () => Promise<void>): Promise<number> {
  await query(url, 'CREATE TABLE IF NOT EXISTS acknowledged (n int PRIMARY KEY)')
  let last = 0
  let killed: Promise<void> | undefined
  for (let n = 1; ; n++) {
    try {
      await query(url, `INSERT INTO acknowledged VALUES (${n})`)
      last = n
    } catch {
      await killed
      return last
    }
    if (n === 20) killed = kill()
  }
}

test('a killed server comes back on its address with every acknowledged row', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const log: string[] = []
  const server = await startEmbedded({ dataDir, log: (line) => log.push(line) })
  const first = server.pid
  const last = await writeUntilKilled(
    server.adminUrl,
    async () => process.kill(first, 'SIGKILL') && undefined,
  )
  await eventually(() => server.pid !== first)
  // The row that was under way when everything died may have been committed without anybody being told.
  const [found, count] = await query(server.adminUrl, 'SELECT max(n), count(*)::int FROM acknowledged')
  expect([last, last + 1]).toContain(found)
  expect(count).toBe(found)
  expect(log).toEqual([
    'PostgreSQL ended unexpectedly (signal SIGKILL); bringing it back.',
    'PostgreSQL is back.',
  ])
  await server.stop()
  expect(await runs(server.pid)).toBe(false)
})

test.runIf(onLinux)(
  'a busy session of a killed server does not keep the next one from starting',
  async () => {
    const dataDir = join(await tempFolder(), '.florin')
    const server = await startEmbedded({ dataDir })
    const first = server.pid
    // deep in a computation: it doesn't notice that its server is gone
    const busy = query(server.adminUrl, 'SELECT count(*) FROM generate_series(1, 100000000000)')
    const failed = expect(busy).rejects.toThrow()
    await eventually(async () => {
      const active =
        "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%generate_series(1%' AND pid <> pg_backend_pid()"
      return (await query(server.adminUrl, active))[0] === 1
    })
    process.kill(first, 'SIGKILL')
    await failed
    await eventually(() => server.pid !== first)
    expect(await query(server.adminUrl, 'SELECT 1')).toEqual([1])
    await server.stop()
  },
)

test('stopping while a killed server comes back leaves nothing running', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const server = await startEmbedded({ dataDir })
  process.kill(server.pid, 'SIGKILL')
  await eventually(async () => !(await runs(server.pid)))
  await server.stop()
  expect(await processesOn(join(server.location, 'data'))).toEqual([])
  expect(await findRunning(dataDir)).toBeUndefined()
})

test.runIf(onLinux)('when Florin is killed, its server stops by itself and keeps every row', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const florin = new Florin({ dataDir })
  const { adminUrl, pid } = await florin.ready()
  const last = await writeUntilKilled(adminUrl, () => florin.end('SIGKILL'))
  await eventually(async () => !(await runs(pid)))
  expect(await findRunning(dataDir)).toBeUndefined()
  const server = await startEmbedded({ dataDir })
  // The row that was under way when everything died may have been committed without anybody being told.
  const [found, count] = await query(server.adminUrl, 'SELECT max(n), count(*)::int FROM acknowledged')
  expect([last, last + 1]).toContain(found)
  expect(count).toBe(found)
  await server.stop()
})

test.runIf(onLinux)('an orphaned server is stopped and its data taken over', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const florin = new Florin({ dataDir })
  const { adminUrl, pid } = await florin.ready()
  await query(adminUrl, 'CREATE TABLE kept AS SELECT 42 AS n')
  // the guard first, so that nobody tells the server
  for (const child of await florin.children()) if (child !== pid) signal(child, 'SIGKILL')
  await florin.end('SIGKILL')
  expect(await runs(pid)).toBe(true)

  const progress: string[] = []
  const server = await startEmbedded({ dataDir, onProgress: (line) => progress.push(line) })
  expect(progress).toContain(`Stopping the PostgreSQL that an earlier run left behind (process ${pid}) …`)
  expect(await runs(pid)).toBe(false)
  expect(server.adminUrl).toBe(adminUrl)
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([42])
  await server.stop()
})

test.runIf(onLinux)('everything killed at once: the next start recovers every acknowledged row', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const florin = new Florin({ dataDir })
  const { adminUrl, location } = await florin.ready()
  const last = await writeUntilKilled(adminUrl, async () => {
    for (const child of await florin.children()) signal(child, 'SIGKILL')
    await florin.end('SIGKILL')
    await killAll(join(location, 'data'))
  })
  const progress: string[] = []
  const server = await startEmbedded({ dataDir, onProgress: (line) => progress.push(line) })
  // The row that was under way when everything died may have been committed without anybody being told.
  const [found, count] = await query(server.adminUrl, 'SELECT max(n), count(*)::int FROM acknowledged')
  expect([last, last + 1]).toContain(found)
  expect(count).toBe(found)
  await server.stop()
})

test('SIGTERM and SIGINT stop the server cleanly', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    const florin = new Florin({ dataDir })
    const { pid } = await florin.ready()
    await florin.end(name)
    expect(florin.lines.at(-1)).toBe('{"stopped":true}')
    expect(await runs(pid)).toBe(false)
  }
})
