import type { Database, Db } from '../database.ts'
import type { State } from './state.ts'

/** Every row of every table of a database at one moment. */
export interface Contents {
  /** By table: a hash over all its rows; null where it is empty. */
  readonly digests: Digests
  /** By table: its rows as texts of its type. */
  readonly rows: ReadonlyMap<string, readonly string[]>
  /** How far the sequences are. */
  readonly sequences: readonly { readonly name: string; readonly value: bigint }[]
}

/** Two databases with the same ones hold the same rows. */
export type Digests = ReadonlyMap<string, string | null>

interface Table {
  readonly name: string
  /** What a row is inserted with: all but generated columns. */
  readonly columns: readonly string[]
  /** What may differ between two right histories. */
  readonly leftOut: readonly string[]
}

/**
 * The tables of some schemas, looked at after every step of a test: one statement says which of them changed, and
 * only those are read or put back. Their columns must stay as they are.
 */
export class Tables {
  readonly #database: Database
  readonly #schemas: readonly string[]
  readonly #volatile: readonly string[]
  #described: Promise<readonly Table[]> | undefined
  /** Sorted rows by table and digest. */
  readonly #read = new Map<string, readonly string[]>()
  readonly #passed = new WeakSet<Contents>()

  /** `volatile` names columns (`schema.table.column`) that are no part of the state. `database` has all rights. */
  constructor(database: Database, schemas: readonly string[], volatile: readonly string[] = []) {
    this.#database = database
    this.#schemas = schemas
    this.#volatile = volatile
  }

  /** A hash over the rows of each table. */
  async digests(): Promise<Digests> {
    return this.#digests(this.#database, await this.#tables())
  }

  /**
   * Every row as sorted JSON texts by table. Left out is only what may differ between two right histories: transaction ids
   * and identity numbers, which count rolled-back attempts too, with the columns that refer to them, and the volatile
   * columns.
   */
  async state(): Promise<State> {
    const tables = await this.#tables()
    return this.#database.snapshot(async (db) => {
      const digests = await this.#digests(db, tables)
      const changed = tables.filter(({ name }) => this.#known(name, digests) === undefined)
      for (const [name, rows] of await rowsOf(db, changed, stateOfRow))
        this.#read.set(keyOf(name, digests), rows.toSorted())
      return Object.fromEntries(tables.map(({ name }) => [name, this.#known(name, digests) ?? []]))
    })
  }

  /** Everything that is there now, to be put back later. */
  async contents(): Promise<Contents> {
    const tables = await this.#tables()
    return this.#database.snapshot(async (db) => ({
      digests: await this.#digests(db, tables),
      rows: await rowsOf(db, tables, () => 't::text'),
      sequences: await db.query(sequencesSql, [this.#schemas]),
    }))
  }

  /** Makes every table hold these rows again. Sequences only go on: their numbers are no state. */
  async putBack(contents: Contents): Promise<void> {
    const { digests, rows } = contents
    const tables = await this.#tables()
    const now = await this.digests()
    const changed = tables.filter(({ name }) => now.get(name) !== digests.get(name))
    await this.#passSequences(contents)
    if (changed.length === 0) return
    await this.#database.transaction(async (db) => {
      // Neither foreign keys nor triggers have a say in this.
      void db.send('SET LOCAL session_replication_role = replica')
      for (const { name } of changed) void db.send(`DELETE FROM ${name}`)
      for (const { name, columns } of changed) {
        const kept = rows.get(name) ?? []
        if (kept.length === 0) continue
        const values = columns.map((column) => `(t.r).${column}`)
        void db.send(
          `INSERT INTO ${name} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
           SELECT ${values.join(', ')} FROM (SELECT unnest($1::text[])::${name} AS r OFFSET 0) t`,
          [kept],
        )
      }
    })
  }

  /** What was numbered in another database must not be numbered here again. */
  async #passSequences(contents: Contents): Promise<void> {
    if (this.#passed.has(contents)) return
    const { sequences } = contents
    await this.#database.query(
      `SELECT setval(name::regclass, value) FROM unnest($1::text[], $2::bigint[]) s (name, value)
       WHERE value > coalesce(pg_sequence_last_value(name::regclass), 0)`,
      [sequences.map(({ name }) => name), sequences.map(({ value }) => value)],
    )
    this.#passed.add(contents)
  }

  #tables(): Promise<readonly Table[]> {
    this.#described ??= this.#database.query<Table>(tablesSql, [this.#schemas, this.#volatile])
    return this.#described
  }

  async #digests(db: Db, tables: readonly Table[]): Promise<Digests> {
    if (tables.length === 0) return new Map()
    // With a parameter, so that it is planned once a connection.
    const found = await db.query<{ name: string; digest: string | null }>(
      tables
        .map(
          ({ name }) =>
            `SELECT '${name}' AS name, md5(string_agg(t::text, $1 ORDER BY t::text)) AS digest FROM ${name} t`,
        )
        .join(' UNION ALL '),
      ['\n'],
    )
    return new Map(found.map(({ name, digest }) => [name, digest]))
  }

  /** The rows of a table if they were read before, or if there are none. */
  #known(name: string, digests: Digests): readonly string[] | undefined {
    return digests.get(name) === null ? [] : this.#read.get(keyOf(name, digests))
  }
}

function keyOf(name: string, digests: Digests): string {
  return `${name} ${digests.get(name)}`
}

function stateOfRow({ leftOut }: Table): string {
  return `(to_jsonb(t) - '{${leftOut.join(',')}}'::text[])::text`
}

async function rowsOf(
  db: Db,
  tables: readonly Table[],
  textOf: (table: Table) => string,
): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>(tables.map(({ name }) => [name, []]))
  if (tables.length === 0) return rows
  const found = await db.query<{ name: string; row: string }>(
    tables
      .map((table) => `SELECT '${table.name}' AS name, ${textOf(table)} AS row FROM ${table.name} t`)
      .join(' UNION ALL '),
  )
  for (const { name, row } of found) rows.get(name)?.push(row)
  return rows
}

const tablesSql = `
  WITH columns AS (
    SELECT c.oid AS relation, n.nspname || '.' || c.relname AS name, a.attnum, a.attname::text,
      a.attgenerated <> '' AS computed,
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
  SELECT name, array_agg(quote_ident(attname) ORDER BY attnum) FILTER (WHERE NOT computed) AS columns,
    coalesce(array_agg(attname) FILTER (WHERE generated
      OR (relation, attnum) IN (SELECT relation, attnum FROM referring)
      OR name || '.' || attname = ANY($2::text[])), '{}') AS "leftOut"
  FROM columns GROUP BY name ORDER BY name`

const sequencesSql = `
  SELECT format('%I.%I', schemaname, sequencename) AS name, last_value AS value FROM pg_sequences
  WHERE schemaname = ANY($1::text[]) AND last_value IS NOT NULL`
