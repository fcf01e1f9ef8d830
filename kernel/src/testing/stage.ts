import { createTestDatabase, type TestDatabase } from '@florin/postgres/testing'
import { Connections } from '../connections.ts'
import { runExamples } from './examples.ts'
import { patientOptions } from './observers.ts'
import type { Contents } from './tables.ts'
import { migratedTemplate } from './templates.ts'
import { defaultStart, type Kept, observersOf, World, type WorldOptions } from './world.ts'

/** A state that many worlds start from. */
export interface Stage {
  /** A world in which the examples have been run. */
  open(overrides?: Partial<WorldOptions>): Promise<World>
}

/** A database that is used again, with those who are connected to it. */
interface KeptDatabase extends Kept {
  readonly storage: TestDatabase
}

/**
 * The states from which the worlds of one kit start. Putting rows back is many times faster than copying a database, so a
 * few databases serve all worlds, one after another.
 */
export class Stages {
  readonly #options: WorldOptions
  readonly #free: KeptDatabase[] = []
  readonly #contents = new Map<string, Promise<Contents>>()

  constructor(options: WorldOptions) {
    this.#options = options
  }

  /** The state after these examples, prepared once, when it is first needed. */
  after(examples: readonly string[]): Stage {
    const start = new Date(this.#options.start ?? defaultStart).getTime() + examples.length * 1_000
    return {
      open: async (overrides = {}) => {
        const contents = await this.#after(examples)
        const kept = await this.#take()
        await kept.observers.tables.putBack(contents)
        return this.#worldOn(kept, { ...this.#options, start, ...overrides })
      },
    }
  }

  /** Removes the databases. */
  async drop(): Promise<void> {
    await Promise.all(
      this.#free.map(async ({ storage, observers, connections }) => {
        await Promise.all([observers, ...connections].map((each) => each.close()))
        await storage.drop()
      }),
    )
  }

  #after(examples: readonly string[]): Promise<Contents> {
    const name = examples.join(' ')
    const contents = this.#contents.get(name) ?? this.#prepare(examples)
    this.#contents.set(name, contents)
    return contents
  }

  async #prepare(examples: readonly string[]): Promise<Contents> {
    const kept = await this.#take()
    const { tables } = kept.observers
    if (examples.length > 0) await tables.putBack(await this.#after([]))
    const world = this.#worldOn(kept, this.#options)
    try {
      if (examples.length === 0) await world.knowAdmin()
      await runExamples(world, examples, this.#options.afterExample)
      return await tables.contents()
    } finally {
      await world.close()
    }
  }

  async #take(): Promise<KeptDatabase> {
    return this.#free.pop() ?? (await this.#create())
  }

  async #create(): Promise<KeptDatabase> {
    const storage = await createTestDatabase({ template: await migratedTemplate(this.#options.modules) })
    const connections = Array.from(
      { length: 2 },
      () => new Connections(storage.url, { ...patientOptions, role: 'florin_app' }),
    )
    return { storage, observers: observersOf(this.#options, storage.url), connections }
  }

  #worldOn(kept: KeptDatabase, options: WorldOptions): World {
    const giveBack = async (): Promise<void> => {
      const { connections, observers } = kept
      const leaks = connections.some(({ stats }) => stats.total > stats.idle)
      await observers.endOthers(leaks ? [] : connections.flatMap(({ backends }) => backends))
      if (!leaks) this.#free.push(kept)
      else await Promise.all([observers.close(), kept.storage.drop()])
    }
    return new World(options, { ...kept.storage, drop: giveBack }, kept)
  }
}
