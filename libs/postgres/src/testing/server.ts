import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearLeftovers } from '../leftovers.ts'
import { rememberedFolder } from '../location.ts'
import { liveHolder } from '../lock.ts'
import { isAlive } from '../processes.ts'
import type { Settings } from '../settings.ts'
import { type EmbeddedServer, startEmbedded } from '../start.ts'
import { createDatabase, type TestDatabase, type TestDatabaseOptions } from './databases.ts'

const PREFIX = 'florin-test-'

export type TestServer = EmbeddedServer & {
  /** An empty database of its own, or a copy of a prepared one. */
  createDatabase(options?: TestDatabaseOptions): Promise<TestDatabase>
}

export type TestServerOptions = {
  /** True for tests that kill it and look for their rows: everything acknowledged is on the disk. */
  durable?: boolean
  settings?: Settings
  log?: (line: string) => void
}

/** A throwaway server in a folder of its own; `stop` removes it with everything in it. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)))
  // made for us alone; as root, PostgreSQL's user has to get through
  await chmod(folder, 0o711)
  const server = await startEmbedded({
    dataDir: folder,
    durable: options.durable ?? false,
    settings: { max_connections: 200, shared_buffers: '128MB', max_wal_size: '1GB', ...options.settings },
    ...(options.log ? { log: options.log } : {}),
  })
  return Object.defineProperties(
    {
      ...server,
      createDatabase: (wanted?: TestDatabaseOptions) => createDatabase(server.adminUrl, wanted),
      async stop() {
        await server.stop()
        await removeFolder(folder)
      },
    },
    // a spread would freeze the process number of the first server
    { pid: { get: () => server.pid, enumerable: true } },
  )
}

/** Stops the servers and removes the folders of test runs that were killed. */
export async function removeAbandonedServers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue
    const folder = join(tmpdir(), name)
    const maker = Number(name.slice(PREFIX.length).split('-')[0])
    // alive and not holding it yet: it may be about to
    if (isAlive(maker) || (await liveHolder(folder))) continue
    await removeFolder(folder)
  }
}

async function removeFolder(folder: string): Promise<void> {
  const cluster = (await rememberedFolder(folder)) ?? join(folder, 'postgres')
  await clearLeftovers({ folder: cluster, data: join(cluster, 'data'), owner: undefined }, () => undefined)
  for (const path of new Set([cluster, folder])) {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
