import { Database, defaultDatabaseOptions } from '../database.ts'

/**
 * Two connections that only look: what is checked after every step is planned once and not again after every cut, and they
 * outlive the world where its database is used again.
 */
export class Observers {
  /** With all rights. */
  readonly all: Database
  /** With the rights of the application. */
  readonly application: Database

  constructor(url: string) {
    const options = { ...defaultDatabaseOptions, poolSize: 1 }
    this.all = new Database(url, options)
    this.application = new Database(url, { ...options, role: 'florin_app' })
  }

  /** Ends whoever else is connected to the database. */
  async endOthers(): Promise<void> {
    const own = await Promise.all([this.all, this.application].map(backendOf))
    await this.all.query(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> ALL ($1::int[]) AND backend_type = 'client backend'`,
      [own],
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
