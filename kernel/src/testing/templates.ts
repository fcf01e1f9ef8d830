import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Template } from '@florin/postgres/testing'
import { Database } from '../database.ts'
import { migrate } from '../migrate.ts'
import type { Module } from '../registry.ts'

const named = new WeakMap<readonly Module[], Promise<string>>()

/** A database with the modules' schemas in it, named after the text of their migrations: made once, then copied. */
export async function migratedTemplate(modules: readonly Module[]): Promise<Template> {
  const known = named.get(modules) ?? hashMigrations(modules)
  named.set(modules, known)
  return { name: `world_${await known}`, prepare: (url) => migrateAll(url, modules) }
}

export async function migrateAll(url: string, modules: readonly Module[]): Promise<void> {
  const database = new Database(url)
  try {
    await migrate(database, modules)
  } finally {
    await database.close()
  }
}

async function hashMigrations(modules: readonly Module[]): Promise<string> {
  const hash = createHash('sha256')
  for (const module of modules) {
    hash.update(`${module.name}\0`)
    for (const file of (await readdir(module.migrations)).sort()) {
      hash.update(`${file}\0`).update(await readFile(new URL(file, module.migrations)))
    }
  }
  return hash.digest('hex').slice(0, 24)
}
