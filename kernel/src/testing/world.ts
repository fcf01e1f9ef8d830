import { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from '@florin/postgres/testing'
import { insertKey, newSecret } from '../access/api-keys.ts'
import type { Connections } from '../connections.ts'
import { type Actor, type Context, localContext } from '../context.ts'
import { Database, type DatabaseOptions, defaultDatabaseOptions } from '../database.ts'
import { requestId } from '../ids.ts'
import { createLog } from '../log.ts'
import { Metrics } from '../metrics.ts'
import { Engine, type EngineOptions } from '../pipeline/engine.ts'
import type { Answer } from '../pipeline/outcomes.ts'
import { type Finding, type Module, Registry } from '../registry.ts'
import type { View } from '../unit.ts'
import { TestClock } from './clock.ts'
import { verifyKernel } from './invariants.ts'
import { Observers } from './observers.ts'
import { seededRandom } from './random.ts'
import { digestOf, type State } from './state.ts'
import { migratedTemplate } from './templates.ts'

export interface WorldOptions {
  readonly modules: readonly Module[]
  readonly seed?: string | number
  /** What the clock shows at first. */
  readonly start?: string | number
  readonly engine?: Partial<Pick<EngineOptions, 'retry' | 'lanes' | 'concurrency' | 'log'>>
  readonly database?: Partial<DatabaseOptions>
  /** Further things that must hold, beside each module's `verify`. */
  readonly invariants?: (view: View) => Promise<readonly Finding[]>
  /** Columns (`schema.table.column`) that may differ between two right histories. */
  readonly volatile?: readonly string[]
  /** What background roles would do once the example of this name was sent, where later examples need it. */
  readonly afterExample?: (world: World, name: string) => Promise<void>
  /** Where the database comes from: the shared server's template unless given. */
  readonly createDatabase?: (options: TestDatabaseOptions) => Promise<TestDatabase>
}

/** What outlives a world whose database is used again. */
export interface Kept {
  readonly observers: Observers
  /** With the rights of the application, for one engine each. */
  readonly connections: readonly Connections[]
}

export interface CallOptions {
  readonly key?: string
  readonly actor?: Actor
  readonly reason?: string
  readonly engine?: Engine
}

export const admin: Actor = { id: 'admin', kind: 'key', permissions: ['*'] }
export const defaultStart = '2026-01-31T12:00:00.000Z'

/** Pauses that suit a test: a server that is there answers at once. */
export const quickRetry = {
  conflicts: 10,
  connectionLosses: 8,
  firstPauseMs: 1,
  longestPauseMs: 50,
  patienceMs: 30_000,
}

/** Attempts are counted: time is no reason to give up on a machine that is slow, or paused. */
const patientRetry = { ...quickRetry, patienceMs: 240_000 }

/** For more cuts than any command has statements. */
export const healingRetry = { ...patientRetry, connectionLosses: 200 }

export function observersOf({ modules, volatile }: WorldOptions, url: string): Observers {
  return new Observers(
    url,
    modules.map((module) => module.name),
    volatile,
  )
}

/** Validators are costly to compile and hold no state, so worlds of the same modules share them. */
const registries = new WeakMap<readonly Module[], Registry>()

function registryOf(modules: readonly Module[]): Registry {
  const registry = registries.get(modules) ?? new Registry(modules)
  registries.set(modules, registry)
  return registry
}

/** A fresh world: a database of its own with the modules' schemas, an engine, a clock and a seed. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const create = options.createDatabase ?? createTestDatabase
  const storage = await create({ template: await migratedTemplate(options.modules) })
  return new World(options, storage)
}

export class World {
  readonly registry: Registry
  readonly clock: TestClock
  /** With the rights of the application. */
  readonly database: Database
  /** With all rights. */
  readonly adminDatabase: Database
  readonly engine: Engine
  readonly url: string
  readonly #options: WorldOptions
  readonly #storage: TestDatabase
  readonly #kept: Kept | undefined
  readonly #observers: Observers
  readonly #pools: Database[] = []
  /** What was found, by what was there. */
  readonly #findings = new Map<string, readonly Finding[]>()
  #calls = 0

  /** What is kept is left open when the world is closed. */
  constructor(options: WorldOptions, storage: TestDatabase, kept?: Kept) {
    this.#options = options
    this.#storage = storage
    this.#kept = kept
    this.#observers = kept?.observers ?? observersOf(options, storage.url)
    this.url = storage.url
    this.registry = registryOf(options.modules)
    this.clock = new TestClock(options.start ?? defaultStart)
    this.adminDatabase = new Database(storage.url, { ...defaultDatabaseOptions, poolSize: 3 })
    const first = this.secondEngine()
    this.database = first.database
    this.engine = first.engine
  }

  /** Another process on the same database: an engine with a pool of its own. */
  secondEngine(overrides: WorldOptions['engine'] & { readonly registry?: Registry } = {}): {
    engine: Engine
    database: Database
  } {
    const { registry = this.registry } = overrides
    const connections = this.#options.database ? undefined : this.#kept?.connections[this.#pools.length]
    const database = new Database(connections ?? this.url, {
      ...defaultDatabaseOptions,
      role: 'florin_app',
      ...this.#options.database,
    })
    this.#pools.push(database)
    const base = { retry: patientRetry, log: createLog('silent'), ...this.#options.engine, ...overrides }
    return { engine: new Engine({ ...base, registry, database, metrics: new Metrics() }), database }
  }

  /**
   * The context of one call, by `admin` unless told otherwise. Its randomness depends on the seed and on `name` alone:
   * the same call draws the same numbers whenever it is made.
   */
  context(overrides: Partial<Context> = {}, name = `call ${this.#calls++}`): Context {
    const random = seededRandom(`${this.#options.seed ?? 1}:${name}`)
    return localContext({ actor: admin, clock: this.clock, random, ...overrides })
  }

  /** Runs a command by name, under a key of its own unless one is given. */
  async execute(name: string, input: unknown, options: CallOptions = {}): Promise<Answer> {
    const command = this.registry.commands.get(name)
    if (command === undefined) throw new Error(`There is no command "${name}"`)
    return (options.engine ?? this.engine).execute(command, input, this.#contextOf(name, options))
  }

  /** Runs a command that must come to `done`, and gives its output. */
  async done(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    const answer = await this.execute(name, input, options)
    if (answer.status === 'done') return answer.output
    const why = answer.status === 'refused' ? `${answer.refusal.code}: ${answer.refusal.message}` : ''
    throw new Error(`${name} was ${answer.status}. ${why}`)
  }

  /** Answers a query by name. */
  async ask(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    const query = this.registry.queries.get(name)
    if (query === undefined) throw new Error(`There is no query "${name}"`)
    const context = this.context({ actor: options.actor ?? admin })
    return (options.engine ?? this.engine).ask(query, input, context)
  }

  /** Answers a query by name in another media type than JSON, such as `text/csv`. */
  async askFor(mediaType: string, name: string, input: unknown, options: CallOptions = {}): Promise<string> {
    const query = this.registry.queries.get(name)
    const format = query?.formats?.find((offered) => offered.mediaType.split(';')[0] === mediaType)
    if (query === undefined || format === undefined) throw new Error(`"${name}" answers in no ${mediaType}`)
    const context = this.context({ actor: options.actor ?? admin })
    return (options.engine ?? this.engine).read(query, input, context, async (view) => {
      const pieces: Uint8Array[] = []
      for await (const piece of format.write(view, input as never)) pieces.push(Buffer.from(piece))
      return Buffer.concat(pieces).toString()
    })
  }

  /** Makes `admin` a key like those that the server knows: what it asked for can be run once others have approved it. */
  async knowAdmin(): Promise<void> {
    if (!this.#options.modules.some((module) => module.name === 'kernel')) return
    const key = {
      id: requestId('', 'key', admin.id),
      name: admin.id,
      secret: newSecret(seededRandom('admin')),
    }
    const rest = { permissions: admin.permissions, expiresAt: null, createdBy: 'system:setup' }
    await insertKey(this.adminDatabase, { ...key, ...rest }, this.clock.now())
  }

  /** Everything that does not hold, by the kernel's invariants, each module's `verify`, and those of the options. */
  async verify(): Promise<readonly Finding[]> {
    if (this.#kept === undefined) return this.#verifyAnew()
    // Looked at after every step, the same rows at the same time are found to be what they were.
    const digests = [...(await this.#observers.tables.digests()), this.clock.now()]
    const key = JSON.stringify(digests)
    const findings = this.#findings.get(key) ?? (await this.#verifyAnew())
    this.#findings.set(key, findings)
    return findings
  }

  async #verifyAnew(): Promise<readonly Finding[]> {
    return this.#observers.application.snapshot(async (db) => {
      const view = { db, clock: this.clock, context: this.context() }
      const found: Finding[] = []
      if (this.#options.modules.some((module) => module.name === 'kernel'))
        found.push(...(await verifyKernel(view)))
      for (const module of this.#options.modules) found.push(...((await module.verify?.(view)) ?? []))
      found.push(...((await this.#options.invariants?.(view)) ?? []))
      return found
    })
  }

  /** All rows of all modules; see `Tables.state` for what is left out. */
  state(): Promise<State> {
    return this.#observers.tables.state()
  }

  async digest(): Promise<string> {
    return digestOf(await this.state())
  }

  /** Removes the database. Throws if a connection was never given back to its pool. */
  async close(): Promise<void> {
    const leaked = this.#pools.reduce((sum, pool) => sum + pool.stats.total - pool.stats.idle, 0)
    // A pool with a leaked connection never ends by itself; dropping the database ends the connection.
    if (leaked === 0) await Promise.all(this.#pools.map((pool) => pool.close()))
    await this.adminDatabase.close()
    if (this.#kept === undefined) await this.#observers.close()
    await this.#storage.drop()
    if (leaked > 0) throw new Error(`${leaked} connections were never given back to their pool`)
  }

  #contextOf(name: string, options: CallOptions): Context {
    const idempotencyKey = options.key ?? `key-${this.#calls++}`
    const actor = options.actor ?? admin
    const reason = options.reason === undefined ? {} : { reason: options.reason }
    return this.context({ actor, idempotencyKey, ...reason }, `${actor.id} ${name} ${idempotencyKey}`)
  }
}
