import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '@florin/kernel'
import { startEmbedded } from '@florin/postgres'
import { createDatabase } from '@florin/postgres/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Load, worldOn } from '../src/index.ts'

const size_mib = 256

/** Why a small disk of our own can't be had here; undefined where it can. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0) return 'it needs root, to mount a small tmpfs'
  return undefined
}

async function mountSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'florin-full-'))
  await chmod(folder, 0o755)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size_mib}m`, 'florin-full', folder], {
      stdio: 'pipe',
    })
    await chmod(folder, 0o755)
    onTestFinished(async () => {
      // also with a server on it that a failed test left behind: it ends with this process
      execFileSync('umount', ['--lazy', folder])
      await rm(folder, { recursive: true })
    })
    return folder
  } catch (error) {
    console.warn(`left out: no tmpfs can be mounted here (${String(error)})`)
    await rm(folder, { recursive: true })
    return undefined
  }
}

const reason = whyNot()
if (reason !== undefined) console.warn(`left out: a full disk: ${reason}`)

/** Fills the disk while postings go on, until callers are told; makes room; and judges. */
async function fillUnderLoad(alsoLog: boolean): Promise<string[]> {
  const folder = await mountSmallDisk()
  if (folder === undefined) return []
  const log: string[] = []
  const server = await startEmbedded({
    dataDir: join(folder, 'data'),
    log: (line) => log.push(line),
    onLost: (error) => log.push(`lost: ${error.message}`),
    settings: { shared_buffers: '16MB', max_wal_size: '64MB', min_wal_size: '32MB' },
  })
  const storage = await createDatabase(server.adminUrl)
  const world = await worldOn(storage, {
    retry: { conflicts: 10, connectionLosses: 2, firstPauseMs: 1, longestPauseMs: 20, patienceMs: 2_000 },
  })
  const load = new Load(world)
  await load.open()
  await load.postAll(0, 200)

  const { bavail, bsize } = await statfs(folder)
  await writeFile(join(folder, 'ballast'), Buffer.alloc(bavail * bsize - 64 * 1024))
  const posting = load.postAll(200, 4_000, 64)
  // the next segments of the log find no room
  if (alsoLog) await useUpLog(storage.url)
  await until(() => world.told.size > 0)
  await rm(join(folder, 'ballast'))
  await posting
  expect(load.acknowledged.size).toBe(4_000)
  expect([...world.told.keys()].filter((code) => code !== 'database_unavailable')).toEqual([])
  expect(await load.judge()).toEqual([])
  await world.close()
  await server.stop()
  const panics = (await readFile(join(server.location, 'postgres.log'), 'utf8')).split('\n').filter(isPanic)
  expect(panics.length > 0).toBe(alsoLog)
  return log
}

function isPanic(line: string): boolean {
  return /PANIC:.*No space left/.test(line)
}

async function useUpLog(url: string): Promise<void> {
  const database = new Database(url)
  for (let failed = false; !failed; ) {
    failed = await database.query('SELECT pg_switch_wal() FROM pg_create_restore_point($1)', ['x']).then(
      () => false,
      () => true,
    )
  }
  await database.close()
}

async function until(done: () => boolean): Promise<void> {
  const began = performance.now()
  while (!done()) {
    if (performance.now() - began > 120_000) throw new Error(`not in time: ${done}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const possible = reason === undefined

test.runIf(possible)(
  'the disk is full: callers are told, nothing is lost, and it goes on when there is room',
  async () => {
    expect(await fillUnderLoad(false)).toEqual([])
  },
)

test.runIf(possible)(
  'not even the log has room: PostgreSQL falls and comes back when there is some',
  async () => {
    const log = await fillUnderLoad(true)
    expect(log.filter((line) => line.startsWith('lost'))).toEqual([])
  },
)
