import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Database, Db } from './database.ts'
import { errorCode } from './database.ts'
import { noteCluster } from './records/clusters.ts'

export interface MigrationSource {
  /** The module's name, which is also the name of the schema it owns. */
  readonly name: string
  readonly migrations: URL
  /**
   * Why the module's data must be left to the version before yet, in one sentence that says what to do; undefined: nothing
   * is in the way. Asked before anything is migrated, so of the schema as an older version left it.
   */
  readonly notYet?: (db: Db) => Promise<string | undefined>
}

interface Migration {
  readonly module: string
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

/** Why the schema can't be brought up to date; one sentence that says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code: 'schema_newer' | 'migration_changed' | 'rights_missing' | 'migration_failed' | 'not_yet'

  constructor(code: MigrationError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const appRole = 'florin_app'

/**
 * Roles belong to the whole server, so another database's migration may be creating it at this very moment. The
 * login must be able to take the role on: whoever creates a role administers it, but is no member by that.
 */
const ensureRole = `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${appRole}') THEN
    BEGIN
      CREATE ROLE ${appRole} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  IF NOT pg_has_role(current_user, '${appRole}', 'SET') THEN
    EXECUTE format('GRANT ${appRole} TO %I', current_user);
  END IF;
END $$`

/** What an administrator runs once where Florin's own login may not. */
export function rightsSql(login: string, roleExists = false): string {
  return [
    ...(roleExists ? [] : [`CREATE ROLE ${appRole} NOLOGIN;`]),
    `GRANT ${appRole} TO ${quoted(login)};`,
    `GRANT CREATE ON DATABASE current_database_name TO ${quoted(login)};`,
  ].join('\n')
}

/**
 * Brings the schemas up to date, one module after another, each migration in its own transaction. Several processes
 * may call it at once: a lock lets one do the work. Returns what was applied.
 */
export async function migrate(
  database: Database,
  sources: readonly MigrationSource[],
  onProgress: (text: string) => void = () => undefined,
): Promise<string[]> {
  await ensureFoundation(database)
  const applied: string[] = []
  const loaded = await Promise.all(sources.map((source) => loadBeside(database, source)))
  for (const { source, migrations, done } of loaded) refuseNewer(source.name, migrations, done)
  await askWhether(database, loaded)
  for (const { migrations, done } of loaded) {
    for (const migration of migrations) {
      const label = `${migration.module} ${String(migration.version).padStart(4, '0')} ${migration.name}`
      const before = done.get(migration.version)
      if (before !== undefined) {
        if (before !== migration.sha256)
          throw new MigrationError(
            'migration_changed',
            `The migration ${label} was changed after it was applied here; restore its original text and add a new migration instead.`,
          )
        continue
      }
      if (await apply(database, migration, label)) {
        applied.push(label)
        onProgress(`migrated ${label}`)
      }
    }
  }
  await noteCluster(database)
  return applied
}

interface Loaded {
  readonly source: MigrationSource
  readonly migrations: readonly Migration[]
  /** Hashes of what was applied, by version. */
  readonly done: ReadonlyMap<number, string>
}

async function loadBeside(database: Database, source: MigrationSource): Promise<Loaded> {
  return {
    source,
    migrations: await load(source),
    done: await appliedVersions(database, source.name),
  }
}

/** A schema that is migrated is closed to the version before: whatever only that one can do has to be done by now. */
async function askWhether(database: Database, loaded: readonly Loaded[]): Promise<void> {
  if (!loaded.some(({ migrations, done }) => migrations.some(({ version }) => !done.has(version)))) return
  for (const { source, done } of loaded) {
    const why = done.size === 0 ? undefined : await source.notYet?.(database)
    if (why !== undefined) throw new MigrationError('not_yet', why)
  }
}

/** The role and the bookkeeping that everything else hangs on. */
async function ensureFoundation(database: Database): Promise<void> {
  try {
    await database.transaction(async (db) => {
      await lock(db)
      await db.query(ensureRole)
      const [schema] = await db.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'kernel'`)
      if (schema !== undefined) return
      await db.query(`CREATE SCHEMA kernel`)
      await db.query(`CREATE TABLE kernel.migrations (
        module text NOT NULL, version bigint NOT NULL, name text NOT NULL, sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (module, version))`)
    })
  } catch (error) {
    throw await explainRights(database, error)
  }
}

async function explainRights(database: Database, error: unknown): Promise<unknown> {
  if (errorCode(error) !== '42501') return error
  const [row] = await database.query<{ login: string; name: string; role_exists: boolean }>(
    `SELECT current_user AS login, current_database() AS name,
       EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role_exists`,
    [appRole],
  )
  if (row === undefined) return error
  const sql = rightsSql(row.login, row.role_exists).replace('current_database_name', () => quoted(row.name))
  return new MigrationError(
    'rights_missing',
    `The database user ${row.login} may not create Florin's role and schemas; let an administrator run:\n${sql}`,
    { cause: error },
  )
}

async function appliedVersions(database: Database, module: string): Promise<Map<number, string>> {
  const rows = await database.query<{ version: bigint; sha256: string }>(
    'SELECT version, sha256 FROM kernel.migrations WHERE module = $1',
    [module],
  )
  return new Map(rows.map((row) => [Number(row.version), row.sha256]))
}

function refuseNewer(
  module: string,
  migrations: readonly Migration[],
  done: ReadonlyMap<number, string>,
): void {
  const newest = Math.max(0, ...migrations.map((m) => m.version))
  const found = Math.max(0, ...done.keys())
  if (found > newest) {
    throw new MigrationError(
      'schema_newer',
      `The database holds version ${found} of "${module}" and this program knows ${newest}; start a newer Florin.`,
    )
  }
}

async function apply(database: Database, migration: Migration, label: string): Promise<boolean> {
  try {
    return await database.transaction(async (db) => {
      await lock(db)
      const [raced] = await db.query('SELECT 1 FROM kernel.migrations WHERE module = $1 AND version = $2', [
        migration.module,
        migration.version,
      ])
      if (raced !== undefined) return false
      await db.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(migration.module)}`)
      await db.query(migration.sql)
      await db.query(
        'INSERT INTO kernel.migrations (module, version, name, sha256) VALUES ($1, $2, $3, $4)',
        [migration.module, migration.version, migration.name, migration.sha256],
      )
      return true
    })
  } catch (error) {
    const explained = await explainRights(database, error)
    if (explained instanceof MigrationError) throw explained
    throw new MigrationError(
      'migration_failed',
      `The migration ${label} failed and was rolled back: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/** Any constant will do; it must only be the same in every process. */
async function lock(db: Db): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('florin.migrate'))`)
}

async function load(source: MigrationSource): Promise<Migration[]> {
  const files = (await readdir(source.migrations)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      const match = /^(\d{4})_(.+)\.sql$/.exec(file)
      if (match?.[1] === undefined || match[2] === undefined)
        throw new Error(`"${file}" is not named 0001_<what>.sql`)
      const sql = await readFile(new URL(file, source.migrations), 'utf8')
      const sha256 = createHash('sha256').update(sql).digest('hex')
      return {
        module: source.name,
        version: Number(match[1]),
        name: match[2].replaceAll('_', ' '),
        sql,
        sha256,
      }
    }),
  )
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
