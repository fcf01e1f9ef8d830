import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { localContext, systemActor } from '../context.ts'
import type { Database, Db } from '../database.ts'
import type { Logger } from '../log.ts'
import type { Random } from '../random.ts'
import type { Worker, WorkerTools } from '../registry.ts'
import type { Engine } from './engine.ts'

export interface WorkerRunnerOptions {
  readonly workers: readonly Worker[]
  readonly engine: Engine
  readonly database: Database
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
}

/** After failures a worker pauses longer and longer, up to this. */
const longestPauseMs = 60_000

/** Runs workers until stopped. Of all processes on one database, one at a time runs a worker of a given name. */
export class WorkerRunner {
  readonly #options: WorkerRunnerOptions
  readonly #locks: WorkerLocks
  readonly #stopping = new AbortController()
  #loops: Promise<unknown> = Promise.resolve()

  constructor(options: WorkerRunnerOptions) {
    this.#options = options
    this.#locks = new WorkerLocks(options.database)
  }

  start(): void {
    this.#loops = Promise.all(this.#options.workers.map((worker) => this.#loop(worker)))
  }

  /** Lets what is under way end, then gives the locks back. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loops
    this.#locks.release()
  }

  async #loop(worker: Worker): Promise<void> {
    const tools = this.#tools(worker)
    const { signal } = this.#stopping
    let failures = 0
    while (!signal.aborted) {
      let pauseMs = worker.everyMs
      try {
        if ((await this.#locks.hold(worker.name)) && (await worker.run(tools)) > 0) pauseMs = 0
        failures = 0
      } catch (error) {
        failures++
        pauseMs = Math.min(longestPauseMs, Math.max(worker.everyMs, 100) * 2 ** Math.min(failures, 16))
        this.#options.log.error({ err: error, worker: worker.name, failures, pauseMs }, 'a worker failed')
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  #tools(worker: Worker): WorkerTools {
    const { engine, database, clock, random } = this.#options
    const actor = systemActor(worker.name)
    const base = { actor, clock, random }
    return {
      view: { db: database, clock, context: localContext(base) },
      context: (idempotencyKey) => localContext({ ...base, idempotencyKey }),
      execute: (command, input, context) => engine.execute(command, input, context),
    }
  }
}

/** Session locks of all workers on one connection. When it is lost so are the locks, and they are sought again. */
class WorkerLocks {
  readonly #database: Database
  readonly #held = new Set<string>()
  #session: Promise<{ db: Db; release: () => void }> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /** Whether this process holds the worker's lock, now. */
  async hold(worker: string): Promise<boolean> {
    this.#session ??= this.#database.session()
    try {
      const { db } = await this.#session
      // Also for a lock that is held: the answer proves that the session still lives.
      const statement = this.#held.has(worker)
        ? 'SELECT true AS held'
        : `SELECT pg_try_advisory_lock(hashtextextended('florin.worker.' || $1, 0)) AS held`
      const [row] = await db.query<{ held: boolean }>(statement, this.#held.has(worker) ? [] : [worker])
      if (row?.held === true) this.#held.add(worker)
      return row?.held === true
    } catch (error) {
      this.release()
      throw error
    }
  }

  release(): void {
    const session = this.#session
    this.#session = undefined
    this.#held.clear()
    void session?.then(
      ({ release }) => release(),
      () => undefined,
    )
  }
}
