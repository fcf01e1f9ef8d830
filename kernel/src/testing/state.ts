import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'

/** Every row of every table of the modules, as sorted JSON texts by table. Compared with `toEqual`, it shows what differs. */
export type State = Readonly<Record<string, readonly string[]>>

/**
 * Reads the state. Left out is only what may differ between two right histories: transaction ids and identity
 * numbers, which count rolled-back attempts too, with the columns that refer to them, and the columns of `volatile`
 * (`schema.table.column`).
 */
export async function readState(
  database: Database,
  schemas: readonly string[],
  volatile: readonly string[] = [],
): Promise<State> {
  const columns = await database.query<{ table_name: string; left_out: string[] }>(tablesSql, [
    schemas,
    volatile,
  ])
  const state: Record<string, string[]> = {}
  for (const { table_name } of columns) state[table_name] = []
  if (columns.length === 0) return state
  const rows = await database.query<{ table_name: string; row: string }>(
    columns
      .map(
        ({ table_name, left_out }) =>
          `SELECT '${table_name}' AS table_name, (to_jsonb(t) - '{${left_out.join(',')}}'::text[])::text AS row FROM ${table_name} t`,
      )
      .join(' UNION ALL '),
  )
  for (const { table_name, row } of rows) state[table_name]?.push(row)
  for (const texts of Object.values(state)) texts.sort()
  return state
}

const tablesSql = `
  WITH columns AS (
    SELECT c.oid AS relation, n.nspname || '.' || c.relname AS table_name, a.attnum, a.attname::text,
      a.attidentity <> '' OR a.atttypid IN ('xid8'::regtype, 'xid'::regtype) AS generated
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND n.nspname = ANY($1::text[])
  ), referring AS (
    SELECT f.conrelid AS relation, f.conkey[i] AS attnum
    FROM pg_constraint f CROSS JOIN generate_subscripts(f.conkey, 1) i
    JOIN columns c ON c.relation = f.confrelid AND c.attnum = f.confkey[i] AND c.generated
    WHERE f.contype = 'f'
  )
  SELECT table_name, coalesce(array_agg(attname) FILTER (WHERE generated
      OR (relation, attnum) IN (SELECT relation, attnum FROM referring)
      OR table_name || '.' || attname = ANY($2::text[])), '{}') AS left_out
  FROM columns GROUP BY table_name ORDER BY table_name`

const uuidv7 = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g
const bytes = /\\\\x[0-9a-f]{32,}/g

/** The state without freshly generated ids and hashes, for runs that draw other random numbers. */
export function shapeOf(state: State): State {
  return Object.fromEntries(
    Object.entries(state).map(([table, rows]) => [table, rows.map((row) => withoutIds(row)).sort()]),
  )
}

/** A text or a value without freshly generated ids and hashes. */
export function withoutIds(text: string): string {
  return text.replaceAll(uuidv7, '<id>').replaceAll(bytes, '<bytes>')
}

/** One short text for a whole state. */
export function digestOf(state: State): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('hex')
}

/** The tables whose rows differ. */
export function changedTables(before: State, after: State): string[] {
  const tables = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...tables].filter((table) => before[table]?.join('\n') !== after[table]?.join('\n')).sort()
}
