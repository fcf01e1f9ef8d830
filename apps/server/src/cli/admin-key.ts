import { createLog, Database, defaultDatabaseOptions, Engine, Metrics } from '@florin/kernel'
import { renewAdminKey } from '../admin-key.ts'
import { adminKeyFile, type Config } from '../config.ts'
import { createRegistry } from '../modules.ts'
import { openProgram } from '../program.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { unavailable } from './failure.ts'
import { write } from './output.ts'

/** `florin admin-key`: for whoever lost the file. Needs the database itself, because it can't need a key. */
export async function adminKey(config: Config, argv: readonly string[]): Promise<void> {
  const reader = new FlagReader(argv)
  if (readFlags(reader, () => false).help) {
    return write(
      'Usage: florin admin-key\n\nWrites a new key with all permissions to admin.key in the data folder.\n',
    )
  }
  refuseExtra(reader.positional)
  const name = await renew(config)
  await write(`The key "${name}" is in ${adminKeyFile(config.dataDir)}.\n`)
}

async function renew(config: Config): Promise<string> {
  const log = createLog('warn', process.stderr)
  const running = await runningDatabase(config)
  if (running !== undefined) {
    const database = new Database(running, { ...defaultDatabaseOptions, poolSize: 4, role: 'florin_app' })
    try {
      const registry = createRegistry()
      const engine = new Engine({ registry, database, log, metrics: new Metrics() })
      return await renewAdminKey(engine, database, config.dataDir)
    } finally {
      await database.close()
    }
  }
  const program = await openProgram(config, log, {
    onProgress: () => undefined,
    log: (line) => log.warn(line),
    onLost: (error) => log.error({ err: error }, 'PostgreSQL is lost'),
  })
  try {
    return await renewAdminKey(program.engine, program.database, config.dataDir)
  } finally {
    await program.http.stop(0)
    await program.store.stop()
  }
}

/** The database of a Florin that runs on this data folder. */
async function runningDatabase(config: Config): Promise<string | undefined> {
  if (config.databaseUrl !== undefined) return undefined
  const { findRunning } = await import('@florin/postgres')
  const running = await findRunning(config.dataDir)
  if (running === undefined) return undefined
  if (running.adminUrl !== undefined) return running.adminUrl
  throw unavailable(
    `Florin (process ${running.pid}) is starting, or this user may not read its password; try again.`,
  )
}
