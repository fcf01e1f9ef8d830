import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '@florin/postgres'

/** A durable embedded server of its own, with the settings that Florin runs with. */
export interface BenchServer {
  readonly url: string
  stop(): Promise<void>
}

export async function startBenchServer(): Promise<BenchServer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-bench-')))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  try {
    const server = await startEmbedded({ dataDir: folder })
    return {
      url: server.adminUrl,
      async stop() {
        await server.stop()
        // As root the cluster lies in a place that its user can reach.
        await rm(server.location, { recursive: true, force: true })
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
