import {
  createLog,
  Database,
  defaultDatabaseOptions,
  Engine,
  KeyRing,
  localContext,
  Metrics,
  migrate,
  newSecret,
  type Registry,
  systemActor,
  systemClock,
  systemRandom,
} from '@florin/kernel'
import { createHttpServer, type HttpServer } from '@florin/kernel/http'
import { TestClock } from '@florin/kernel/testing'
import { createTestDatabase } from '@florin/postgres/testing'
import { createRegistry, modules } from '../src/modules.ts'

/** Everything that Florin offers, on a database and a port of its own. */
export interface Api {
  readonly url: string
  readonly clock: TestClock
  readonly database: Database
  readonly http: HttpServer
  stop(): Promise<void>
}

export const adminSecret = newSecret(systemRandom)
export const registry: Registry = createRegistry()

export async function startApi(): Promise<Api> {
  const created = await createTestDatabase({ template: { name: 'server_api', prepare } })
  const database = new Database(created.url, { ...defaultDatabaseOptions, role: 'florin_app' })
  const log = createLog('error', process.stderr)
  const metrics = new Metrics()
  const engine = new Engine({ registry, database, log, metrics })
  const clock = new TestClock(Date.parse('2026-01-05T09:00:00.000Z'))
  await createAdmin(engine)
  const http = await createHttpServer({
    engine,
    registry,
    database,
    log,
    metrics,
    keyRing: new KeyRing(database, clock),
    clock,
    random: systemRandom,
    version: '0.0.0-test',
  })
  return {
    url: await http.listen({ host: '127.0.0.1', port: 0 }),
    clock,
    database,
    http,
    stop: async () => {
      await http.stop(1_000)
      await database.close()
      await created.drop()
    },
  }
}

async function prepare(url: string): Promise<void> {
  const owner = new Database(url, { ...defaultDatabaseOptions, poolSize: 2 })
  await migrate(owner, modules)
  await owner.close()
}

/** The key `admin`, with a secret that is known to the test. */
async function createAdmin(engine: Engine): Promise<void> {
  const command = registry.commands.get('kernel.key.create')
  if (command === undefined) throw new Error('no kernel.key.create')
  const drawn = Buffer.from(adminSecret.slice('florin_'.length), 'base64url')
  const context = localContext({
    actor: systemActor('test'),
    clock: systemClock,
    random: { bytes: (size) => (size === drawn.length ? drawn : systemRandom.bytes(size)) },
    idempotencyKey: 'admin',
  })
  await engine.execute(command, { name: 'admin', permissions: ['*'] }, context)
}
