import { Database, type DatabaseOptions, defaultDatabaseOptions } from '../database.ts'
import { Tables } from './tables.ts'

/** Waits as long as a slow machine may take, also one that is paused: for what is not about giving up. */
export const patientOptions: DatabaseOptions = {
  ...defaultDatabaseOptions,
  statementTimeoutMs: 240_000,
  lockTimeoutMs: 120_000,
  idleInTransactionTimeoutMs: 240_000,
  acquireTimeoutMs: 120_000,
}

/**
 * Two connections that only look: what is checked after every step is planned once and not again after every cut, and they
 * outlive the world where its database is used again.
 */
export class Observers {
  /** With all rights. */
  readonly all: Database
  /** With the rights of the application. */
  readonly application: Database
  /** What the schemas of the modules hold. */
  readonly tables: Tables

  constructor(url: string, schemas: readonly string[], volatile?: readonly string[]) {
    const options = { ...patientOptions, poolSize: 1 }
    this.all = new Database(url, options)
    this.application = new Database(url, { ...options, role: 'florin_app' })
    this.tables = new Tables(this.all, schemas, volatile)
  }

  /** Ends whoever else is connected to the database; these processes of the server may stay. */
  async endOthers(staying: readonly number[]): Promise<void> {
    const own = await Promise.all([this.all, this.application].map(backendOf))
    await this.all.query(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> ALL ($1::int[]) AND backend_type = 'client backend'`,
      [[...own, ...staying]],
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.all.close(), this.application.close()])
  }
}

async function backendOf(database: Database): Promise<number> {
  const [row] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  if (row === undefined) throw new Error('A connection without a backend')
  return row.pid
}
