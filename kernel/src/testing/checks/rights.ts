import { expect } from 'vitest'
import { errorCode } from '../../database.ts'
import { createWorld, type World, type WorldOptions } from '../world.ts'

/**
 * The application may not change or delete what is recorded: tried on every table, column by column. `mutable`
 * names what is meant to be overwritten: whole tables (`schema.table`) or columns (`schema.table.column`).
 */
export async function recordsAreImmutable(
  options: WorldOptions,
  schemas: readonly string[],
  mutable: readonly string[],
): Promise<void> {
  const world = await createWorld(options)
  try {
    const columns = await columnsOf(world, schemas)
    const tables = [...new Set(columns.map((column) => column.table))]
    for (const table of tables) {
      const forbidden = [
        `TRUNCATE ${table}`,
        `TRUNCATE ${table} CASCADE`,
        `ALTER TABLE ${table} ADD COLUMN own int`,
      ]
      if (!mutable.includes(table)) forbidden.push(`DELETE FROM ${table}`)
      for (const statement of forbidden) await expectDenied(world, statement)
    }
    const fixed = columns.filter(
      (c) => !mutable.includes(c.table) && !mutable.includes(`${c.table}.${c.column}`),
    )
    for (const { table, column } of fixed)
      await expectDenied(world, `UPDATE ${table} SET ${column} = DEFAULT`)
  } finally {
    await world.close()
  }
}

async function columnsOf(
  world: World,
  schemas: readonly string[],
): Promise<{ table: string; column: string }[]> {
  return world.adminDatabase.query<{ table: string; column: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS table, format('%I', column_name) AS column
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_type = 'BASE TABLE' AND table_schema = ANY($1::text[]) ORDER BY 1, 2`,
    [schemas],
  )
}

const insufficientPrivilege = '42501'

async function expectDenied(world: World, statement: string): Promise<void> {
  const outcome = await world.database.query(statement).then(() => 'allowed', errorCode)
  expect(outcome, statement).toBe(insufficientPrivilege)
}
