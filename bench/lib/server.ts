import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '@florin/kernel'
import { type EmbeddedServer, startEmbedded } from '@florin/postgres'
import { migrateAll } from './subject.ts'

/** A durable embedded server of its own, with the settings that Florin runs with. */
export interface BenchServer {
  /** Runs work on a database of its own: with Florin's empty tables, or with nothing in it. */
  withDatabase<T>(kind: 'florin' | 'empty', work: (url: string) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

const template = 'bench_template'

export async function startBenchServer(): Promise<BenchServer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-bench-')))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  try {
    const server = await startEmbedded({ dataDir: folder })
    const admin = new Database(server.adminUrl)
    return {
      withDatabase: databases(server, admin),
      async stop() {
        await admin.close()
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

function databases(server: EmbeddedServer, admin: Database): BenchServer['withDatabase'] {
  let made = 0
  let templated = false
  const urlOf = (name: string): string => {
    const url = new URL(server.adminUrl)
    url.pathname = `/${name}`
    return url.href
  }
  return async (kind, work) => {
    if (kind === 'florin' && !templated) {
      await admin.query(`CREATE DATABASE ${template}`)
      await migrateAll(urlOf(template))
      templated = true
    }
    made++
    const name = `bench_${made}`
    await admin.query(`CREATE DATABASE ${name}${kind === 'florin' ? ` TEMPLATE ${template}` : ''}`)
    try {
      return await work(urlOf(name))
    } finally {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
    }
  }
}
