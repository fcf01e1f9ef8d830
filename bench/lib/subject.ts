import {
  type Actor,
  type Answer,
  createLog,
  Database,
  defaultDatabaseOptions,
  Engine,
  kernelModule,
  localContext,
  Metrics,
  type Module,
  migrate,
  type Query,
  Registry,
  systemClock,
  systemRandom,
  withVerification,
} from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'

export const modules = withVerification([kernelModule, ledgerModule])

/** Florin in process: the real engine with the rights of the application. */
export class Subject {
  readonly database: Database
  readonly registry: Registry
  readonly #actor: Actor

  /** Subjects with names of their own may use the same keys. */
  constructor(url: string, name = 'bench', offered: readonly Module[] = modules) {
    this.registry = new Registry(offered)
    this.database = new Database(url, { ...defaultDatabaseOptions, role: 'florin_app' })
    this.#actor = { id: name, kind: 'key', permissions: ['*'] }
  }

  /** An engine whose group commits hold at most `batch` calls. */
  engine(batch: number): Engine {
    return new Engine({
      registry: this.registry,
      database: this.database,
      log: createLog('warn'),
      metrics: new Metrics(),
      lanes: { queued: 4 * Math.max(batch, 1_000), batch },
      reads: { running: 4, waiting: 20_000 },
    })
  }

  execute(engine: Engine, name: string, input: unknown, idempotencyKey: string): Promise<Answer> {
    const command = this.registry.commands.get(name)
    if (command === undefined) throw new Error(`There is no command ${name}`)
    return engine.execute(command, input, this.context(idempotencyKey))
  }

  /** As `execute`, for what must not be refused: gives its output. */
  async done(engine: Engine, name: string, input: unknown, key: string): Promise<unknown> {
    const answer = await this.execute(engine, name, input, key)
    if (answer.status === 'done') return answer.output
    throw new Error(`${name} was ${answer.status === 'refused' ? answer.refusal.message : answer.status}`)
  }

  query(name: string): Query {
    const query = this.registry.queries.get(name)
    if (query === undefined) throw new Error(`There is no query ${name}`)
    return query
  }

  context(idempotencyKey?: string) {
    return localContext({ actor: this.#actor, clock: systemClock, random: systemRandom, idempotencyKey })
  }
}

export async function migrateAll(url: string, offered: readonly Module[] = modules): Promise<void> {
  const database = new Database(url)
  try {
    await migrate(database, offered)
  } finally {
    await database.close()
  }
}
