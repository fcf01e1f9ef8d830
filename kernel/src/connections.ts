import pg from 'pg'

export interface DatabaseOptions {
  /** Connections kept at most. */
  readonly poolSize: number
  /** A statement that runs longer is cancelled. */
  readonly statementTimeoutMs: number
  /** A statement that waits longer for a lock is cancelled. */
  readonly lockTimeoutMs: number
  /** A transaction that is idle for longer (a stopped process) is ended by the server. */
  readonly idleInTransactionTimeoutMs: number
  /** How long a caller waits for a connection. */
  readonly acquireTimeoutMs: number
  /** The database role whose rights apply; omitted where the login is that role. */
  readonly role?: string
}

export const defaultDatabaseOptions: DatabaseOptions = {
  poolSize: 10,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 30_000,
  acquireTimeoutMs: 10_000,
}

const int8Oid = 20
const numericOid = 1700

/** int8 and numeric as bigint: Florin's numerics have scale 0, and no amount may pass through a float. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8Oid || oid === numericOid) return parseInteger
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  },
} as pg.CustomTypesConfig

/**
 * The server ends a statement in time, unless it never got it or its answer never arrives: a connection that a firewall
 * forgot, or a server that was stopped, says nothing at all. Such a connection is given up a little later.
 */
function giveUpAfter(statementTimeoutMs: number): pg.ClientConfig {
  return statementTimeoutMs === 0 ? {} : { query_timeout: Math.ceil(statementTimeoutMs * 1.1) + 500 }
}

function parseInteger(text: string): bigint {
  return BigInt(text)
}

/** A pool of connections to one database, all with the same rights and limits, and what is prepared on them. */
export class Connections {
  readonly #pool: pg.Pool
  readonly #open = new Set<pg.PoolClient>()
  readonly prepared = new PreparedStatements()

  constructor(connection: string | pg.ClientConfig, options: DatabaseOptions = defaultDatabaseOptions) {
    const base = typeof connection === 'string' ? { connectionString: connection } : connection
    this.#pool = new pg.Pool({
      ...base,
      types,
      pipeline: true,
      max: options.poolSize,
      connectionTimeoutMillis: options.acquireTimeoutMs,
      keepAlive: true,
      ...giveUpAfter(options.statementTimeoutMs),
      application_name: 'florin',
      options: [
        `-c statement_timeout=${options.statementTimeoutMs}`,
        `-c lock_timeout=${options.lockTimeoutMs}`,
        `-c idle_in_transaction_session_timeout=${options.idleInTransactionTimeoutMs}`,
        '-c TimeZone=UTC',
        '-c search_path=pg_catalog',
        ...(options.role === undefined ? [] : [`-c role=${options.role}`]),
      ].join(' '),
    })
    // A connection that dies while idle is replaced at the next use; whoever was using one gets the error itself.
    this.#pool.on('error', () => undefined)
    this.#pool.on('connect', (client) => this.#open.add(client))
    this.#pool.on('remove', (client) => this.#open.delete(client))
  }

  get stats(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount }
  }

  /** The server's process ids of the connections that are open. */
  get backends(): number[] {
    return [...this.#open].map(backendOf)
  }

  /** One connection, to be released by whoever takes it. */
  take(): Promise<pg.PoolClient> {
    return this.#pool.connect()
  }

  /** Waits until every connection was released. */
  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/** As the server told it when the connection was made; the types of `pg` do not know it. */
function backendOf(client: pg.PoolClient): number {
  const backend: unknown = Reflect.get(client, 'processID')
  if (typeof backend === 'number') return backend
  throw new Error('A connection does not say which process of the server serves it')
}

/** Statements kept prepared at most; whatever comes after is planned each time. */
const mostPrepared = 500
/** Longer parameters are lists, and a plan made for one row is a bad one for thousands. */
const longestParameter = 2_000

/**
 * Names for statements that come again and again, so that the server reads and plans them once a connection: of a
 * short statement that is most of the work.
 */
class PreparedStatements {
  readonly #names = new Map<string, string>()

  /**
   * The name to send a statement under, if it is to be prepared. What only writes rows down has one plan, however many
   * they are.
   */
  of(text: string, values: readonly unknown[], onlyWrites: boolean): { readonly name?: string } {
    if (values.length === 0 || (!onlyWrites && values.some(isLong))) return {}
    const known = this.#names.get(text)
    if (known !== undefined) return { name: known }
    if (this.#names.size >= mostPrepared) return {}
    const name = `s${this.#names.size}`
    this.#names.set(text, name)
    return { name }
  }
}

function isLong(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > longestParameter
}
