import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test.runIf(reason === undefined)(
  'the disk is full: callers are told, nothing is lost, and it goes on when there is room',
  async () => {
    const folder = await mountSmallDisk()
    if (folder === undefined) return
    const log: string[] = []
    const server = await startEmbedded({
      dataDir: join(folder, 'data'),
      log: (line) => log.push(line),
      onLost: (error) => log.push(`lost: ${error.message}`),
      settings: { shared_buffers: '16MB', max_wal_size: '64MB', min_wal_size: '32MB', wal_keep_size: 0 },
    })
    const storage = await createDatabase(server.adminUrl)
    const world = await worldOn(storage, {
      retry: { conflicts: 10, connectionLosses: 2, firstPauseMs: 1, longestPauseMs: 20, patienceMs: 2_000 },
    })
    const load = new Load(world)
    await load.open()
    await load.postAll(0, 200)

    const { bavail, bsize } = await statfs(folder)
    // with room left for no more than a little of the log
    await writeFile(join(folder, 'ballast'), Buffer.alloc(bavail * bsize - 64 * 1024))
    const posting = load.postAll(200, 6_000, 64)
    const began = performance.now()
    while (world.told.size === 0 && load.acknowledged.size < 6_000) {
      if (performance.now() - began > 15_000) throw new Error('The disk did not fill up')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await rm(join(folder, 'ballast'))
    await posting
    expect(load.acknowledged.size).toBe(6_000)
    expect([...world.told.keys()]).toEqual(['database_unavailable'])
    expect(await load.judge()).toEqual([])
    expect(log.filter((line) => line.startsWith('lost'))).toEqual([])
    await world.close()
    await server.stop()
  },
  60_000,
)
