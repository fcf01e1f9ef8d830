import {
  type Database,
  Engine,
  KeyRing,
  type Logger,
  Metrics,
  migrate,
  type Registry,
  systemClock,
  systemRandom,
} from '@florin/kernel'
import { type Authenticator, createHttpServer, type HttpServer } from '@florin/kernel/http'
import { ensureFolder } from '@florin/postgres'
import { ensureAdminKey } from './admin-key.ts'
import type { Config } from './config.ts'
import { createRegistry, modules } from './modules.ts'
import { openStore, type Store, type StoreEvents } from './store.ts'
import { verificationNote, watchVerification } from './verification.ts'
import { readVersion } from './version.ts'

/** Everything of a running Florin, put together and not yet listening. */
export interface Program {
  readonly store: Store
  readonly database: Database
  readonly registry: Registry
  readonly engine: Engine
  readonly metrics: Metrics
  readonly http: HttpServer
  /** What the operator should be told about the admin key, if anything. */
  readonly keyNotice: string | undefined
}

export interface ProgramEvents extends StoreEvents {
  /** Who knows the callers; the stored keys where absent. */
  readonly keyRing?: Authenticator | undefined
}

/** Opens the database, brings it up to date, and assembles the program on it. */
export async function openProgram(config: Config, log: Logger, events: ProgramEvents): Promise<Program> {
  await ensureFolder(config.dataDir, 0o711)
  const store = await openStore(config, events)
  try {
    return await assemble(config, log, events, store)
  } catch (error) {
    await store.stop()
    throw error
  }
}

async function assemble(config: Config, log: Logger, events: ProgramEvents, store: Store): Promise<Program> {
  await migrate(store.owner, modules, events.onProgress)
  const database = await store.openApp()
  const registry = createRegistry()
  const metrics = new Metrics({ process: true })
  metrics.watchDatabase(database)
  metrics.watchApprovals(database)
  watchVerification(metrics, database)
  const engine = new Engine({
    registry,
    database,
    log,
    metrics,
    lanes: { queued: config.queueLimit, batch: 8_000 },
    // A third each for commands that run alone and for readers; the rest is for group commits and logins.
    concurrency: { running: Math.floor(config.poolSize / 3), waiting: Math.min(2_000, config.queueLimit) },
    reads: { running: Math.floor(config.poolSize / 3), waiting: Math.min(2_000, config.queueLimit) },
  })
  const keyNotice = await ensureAdminKey(engine, database, config.dataDir)
  const http = await createHttpServer({
    engine,
    registry,
    database,
    log,
    metrics,
    keyRing: events.keyRing ?? new KeyRing(database, systemClock),
    clock: systemClock,
    random: systemRandom,
    version: readVersion(),
    openMetrics: isLoopback(config.host),
    notes: { books: () => verificationNote(database) },
    limits: { bodyBytes: config.bodyLimitBytes, connections: config.connectionLimit },
  })
  return { store, database, registry, engine, metrics, http, keyNotice }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
