import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { Database, defaultDatabaseOptions, errorCode } from '@florin/kernel'
import { startEmbedded } from '@florin/postgres'
import { addressFile, type Config } from './config.ts'

const appRole = 'florin_app'
/** The login of the embedded server's application: its rights are those of `florin_app` and it has no other role. */
const appLogin = 'florin_api'
const oldestServer = 16

/** Why the database can't be used; one sentence that says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** The database, with the two ways into it. */
export interface Store {
  /** May create schemas; for migrations only. */
  readonly owner: Database
  /** Opens the application's way, with the rights of `florin_app`. To be called after the migration. */
  openApp(): Promise<Database>
  /** Tells others who look at the data folder where this Florin answers. */
  announce(url: string): Promise<void>
  /** Closes what was opened and stops what was started. */
  stop(): Promise<void>
}

export interface StoreEvents {
  readonly onProgress: (line: string) => void
  readonly log: (line: string) => void
  /** The embedded server ended and can't be brought back. */
  readonly onLost: (error: Error) => void
  readonly signal?: AbortSignal
}

export async function openStore(config: Config, events: StoreEvents): Promise<Store> {
  if (config.databaseUrl !== undefined && config.archive !== undefined) {
    throw new StoreError(
      'FLORIN_ARCHIVE is for the embedded PostgreSQL; let the one at DATABASE_URL archive by its own means.',
    )
  }
  return config.databaseUrl === undefined ? openEmbedded(config, events) : openOwn(config, config.databaseUrl)
}

const ownerOptions = { ...defaultDatabaseOptions, poolSize: 2, statementTimeoutMs: 0, lockTimeoutMs: 60_000 }

async function openEmbedded(config: Config, events: StoreEvents): Promise<Store> {
  const { onProgress, log, onLost, signal } = events
  const server = await startEmbedded({
    dataDir: config.dataDir,
    onProgress,
    log,
    onLost,
    ...(config.archive === undefined ? {} : { archive: config.archive }),
    ...(signal === undefined ? {} : { signal }),
  })
  const owner = new Database({ ...server.connection }, ownerOptions)
  const opened = [owner]
  return {
    owner,
    announce: (url) => server.announce(url),
    openApp: async () => {
      // Known to this process alone: nobody else holds the data folder, and the next start makes another one.
      const password = randomBytes(32).toString('hex')
      await ensureLogin(owner, password)
      const app = new Database(
        { ...server.connection, user: appLogin, password },
        { ...defaultDatabaseOptions, poolSize: config.poolSize },
      )
      opened.push(app)
      return app
    },
    stop: async () => {
      await Promise.all(opened.map((database) => database.close()))
      await server.stop()
    },
  }
}

/** A login of its own, so that not even injected SQL could go back to the superuser. */
async function ensureLogin(owner: Database, password: string): Promise<void> {
  await owner.transaction(async (db) => {
    const [login] = await db.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [appLogin])
    if (login === undefined) await db.query(`CREATE ROLE ${appLogin} LOGIN IN ROLE ${appRole}`)
    await db.query(`ALTER ROLE ${appLogin} PASSWORD '${password}'`)
  })
}

async function openOwn(config: Config, url: string): Promise<Store> {
  const owner = new Database(url, ownerOptions)
  const opened = [owner]
  const stop = async (): Promise<void> => {
    await Promise.all(opened.map((database) => database.close()))
  }
  try {
    await refuseOldServer(owner)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    owner,
    announce: (url) => writeFile(addressFile(config.dataDir), `${url}\n`),
    openApp: async () => {
      await ensureMembership(owner)
      const app = new Database(url, { ...defaultDatabaseOptions, poolSize: config.poolSize, role: appRole })
      opened.push(app)
      return app
    },
    stop,
  }
}

async function refuseOldServer(owner: Database): Promise<void> {
  const [row] = await owner
    .query<{ number: string; version: string }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
    )
    .catch((error: unknown) => {
      throw new StoreError(`The database at DATABASE_URL can't be used: ${reason(error)}.`, { cause: error })
    })
  if (row !== undefined && Number(row.number) >= oldestServer * 10_000) return
  throw new StoreError(
    `DATABASE_URL leads to PostgreSQL ${row?.version ?? '(unknown)'}; Florin needs PostgreSQL ${oldestServer} or newer.`,
  )
}

function reason(error: unknown): string {
  const code = errorCode(error)
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND') return 'its host is unknown'
  return error instanceof Error && error.message !== '' ? error.message : String(code ?? error)
}

/** Creating a role does not yet allow to act as it. */
async function ensureMembership(owner: Database): Promise<void> {
  const [row] = await owner.query<{ member: boolean; login: string }>(
    `SELECT pg_has_role(current_user, $1, 'SET') AS member, current_user AS login`,
    [appRole],
  )
  if (row === undefined || row.member) return
  const grant = `GRANT ${appRole} TO "${row.login.replaceAll('"', '""')}"`
  await owner.query(grant).catch((error: unknown) => {
    throw new StoreError(
      `The database user ${row.login} may not act as ${appRole}; let an administrator run:\n${grant};`,
      { cause: error },
    )
  })
}
