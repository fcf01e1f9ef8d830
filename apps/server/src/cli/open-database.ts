import { createLog, Database, defaultDatabaseOptions } from '@florin/kernel'
import type { Config } from '../config.ts'
import { openStore } from '../store.ts'
import { unavailable } from './failure.ts'

/** A database to look into beside whoever uses it, and what closes it. */
export interface OpenDatabase {
  readonly database: Database
  close(): Promise<void>
}

/**
 * The database with the rights of the application: that of the Florin that runs on the data folder, the one at
 * DATABASE_URL, or the embedded one, started for it. Nothing is migrated.
 */
export async function openDatabase(config: Config): Promise<OpenDatabase> {
  const url = config.databaseUrl ?? (await runningUrl(config))
  if (url !== undefined) {
    const database = new Database(url, {
      ...defaultDatabaseOptions,
      poolSize: 4,
      statementTimeoutMs: 0,
      role: 'florin_app',
    })
    return { database, close: () => database.close() }
  }
  const log = createLog('warn', process.stderr)
  const store = await openStore(config, {
    onProgress: () => undefined,
    log: (line) => log.warn(line),
    onLost: (error) => log.error({ err: error }, 'PostgreSQL is lost'),
  })
  return { database: store.owner, close: () => store.stop() }
}

async function runningUrl(config: Config): Promise<string | undefined> {
  const { findRunning } = await import('@florin/postgres')
  const running = await findRunning(config.dataDir)
  if (running === undefined) return undefined
  if (running.adminUrl !== undefined) return running.adminUrl
  throw unavailable(
    `Florin (process ${running.pid}) is starting, or this user may not read its password; try again.`,
  )
}
