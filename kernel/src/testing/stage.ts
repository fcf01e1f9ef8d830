import { randomBytes } from 'node:crypto'
import {
  createTestDatabase,
  sharedServerUrl,
  type Template,
  type TestDatabase,
} from '@florin/postgres/testing'
import { Database } from '../database.ts'
import { runExamples } from './examples.ts'
import { Observers } from './observers.ts'
import { keepCopies, restoreCopies } from './restore.ts'
import { migrateAll } from './templates.ts'
import { defaultStart, World, type WorldOptions } from './world.ts'

/** A state that many worlds start from. */
export interface Stage {
  /** A world in which the examples have been run. */
  open(overrides?: Partial<WorldOptions>): Promise<World>
  drop(): Promise<void>
}

/** Prepares the state after these examples, once, when it is first needed. */
export function stageAfter(options: WorldOptions, examples: readonly string[]): Stage {
  const template = templateAfter(options, examples)
  const start = new Date(options.start ?? defaultStart).getTime() + examples.length * 1_000
  // Putting the rows back is several times faster than copying a database, so databases are used again.
  const free: Kept[] = []
  return {
    async open(overrides = {}) {
      const kept = free.pop() ?? (await create(template))
      const { storage, observers } = kept
      const giveBack = async (): Promise<void> => {
        await observers.endOthers()
        await restoreCopies(observers.all)
        free.push(kept)
      }
      return new World({ ...options, start, ...overrides }, { ...storage, drop: giveBack }, observers)
    },
    async drop() {
      for (const { storage, observers } of free) {
        await observers.close()
        await storage.drop()
      }
      await dropTemplate(template.name)
    },
  }
}

/** A database that is used again, with those who look at it. */
interface Kept {
  readonly storage: TestDatabase
  readonly observers: Observers
}

async function create(template: Template): Promise<Kept> {
  const storage = await createTestDatabase({ template })
  return { storage, observers: new Observers(storage.url) }
}

function templateAfter(options: WorldOptions, examples: readonly string[]): Template {
  return {
    name: `stage_${randomBytes(8).toString('hex')}`,
    async prepare(url) {
      await migrateAll(url, options.modules)
      const world = new World(options, { name: '', url, drop: async () => undefined })
      try {
        await world.knowAdmin()
        await runExamples(world, examples, options.afterExample)
        const schemas = options.modules.map((module) => module.name)
        await keepCopies(world.adminDatabase, schemas)
      } finally {
        await world.close()
      }
    },
  }
}

async function dropTemplate(name: string): Promise<void> {
  const server = new Database(sharedServerUrl())
  try {
    await server.query(`DROP DATABASE IF EXISTS template_${name} WITH (FORCE)`)
  } finally {
    await server.close()
  }
}
