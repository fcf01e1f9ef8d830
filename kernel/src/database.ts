import pg from 'pg'

export type Row = Record<string, unknown>

/** Statements of one transaction or one snapshot. Integers and scale-0 numerics arrive as `bigint`. */
export interface Db {
  /** The same object for everything that this process asks of this database: a key for what it keeps in memory. */
  readonly database: object
  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<R[]>
  /**
   * Sends a statement without waiting for it: the server works on while the caller does. Statements take effect in
   * the order they were sent. If it fails, the transaction fails with its error; the promise never rejects and is there
   * for those who want to send no more until it is done.
   */
  send(text: string, values?: readonly unknown[]): Promise<void>
}

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

/** What a test kit may do around every statement: delay it, or cut the connection before or after it. */
export type Interceptor = (
  statement: string,
  stage: 'before' | 'after',
  cut: () => void,
) => Promise<void> | void

/** One connection that stays the same, with what hangs on it: locks, and what it listens to. */
export interface Session {
  readonly db: Db
  /** Calls `heard` with every notification on a channel that a LISTEN of this session named. */
  onNotification(heard: (channel: string, payload: string) => void): void
  /** Ends the connection, and with it its locks. */
  release(): void
}

/** A connection pool with transactions. Knows nothing of commands. */
export class Database implements Db {
  readonly #pool: pg.Pool
  readonly #prepared = new PreparedStatements()
  readonly database = this
  interceptor: Interceptor | undefined

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
  }

  get stats(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount }
  }

  /** One statement on its own, by itself: its failure is told at once. */
  async send(text: string, values: readonly unknown[] = []): Promise<void> {
    await this.query(text, values)
  }

  /** One statement on its own. */
  async query<R extends object = Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return this.#withClient((client) => this.#send<R>(client, text, values))
  }

  /** Runs `work` in one READ COMMITTED transaction: commits what it did, or rolls back if it throws. */
  async transaction<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#inTransaction('BEGIN', work)
  }

  /** Runs `work` on one consistent snapshot without the right to write. */
  async snapshot<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#inTransaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work)
  }

  /** Runs `work` in a transaction that is always rolled back: a rehearsal. */
  async rehearse<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#inTransaction('BEGIN', work, 'ROLLBACK')
  }

  /** A connection of one's own, for session locks and LISTEN. The caller must call `release`. */
  async session(): Promise<Session> {
    const client = await this.#pool.connect()
    client.on('error', ignore)
    return {
      db: this.#statementsOf(client),
      onNotification(heard) {
        client.on('notification', ({ channel, payload = '' }) => heard(channel, payload))
      },
      release: () => client.release(true),
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #inTransaction<T>(begin: string, work: (db: Db) => Promise<T>, end = 'COMMIT'): Promise<T> {
    return this.#withClient(async (client) => {
      const statements = this.#statementsOf(client)
      void statements.send(begin)
      try {
        const result = await work(statements)
        await statements.end(end)
        return result
      } catch (error) {
        // The first error is the one to tell: what came after a failed statement failed because of it. If the
        // rollback fails too, the connection is thrown away, and the server rolls back.
        const first = (await statements.firstFailure()) ?? error
        if (!isConnectionLoss(first)) await client.query('ROLLBACK').catch(() => client.release(true))
        throw first
      }
    })
  }

  #statementsOf(client: pg.PoolClient): Statements {
    return new Statements(
      this,
      (text, values, onlyWrites) => this.#sendRaw(client, text, values, onlyWrites),
      // What a test does around each statement takes time, and the order must stay.
      () => this.interceptor !== undefined,
    )
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    // The pool listens to idle connections only. Whoever uses this one learns of its loss from the next statement.
    client.on('error', ignore)
    let released = false
    const release = client.release.bind(client)
    const releaseOnce = (destroy: boolean): void => {
      if (released) return
      released = true
      client.off('error', ignore)
      release(destroy)
    }
    client.release = (destroy) => releaseOnce(destroy === true)
    try {
      const result = await work(client)
      releaseOnce(false)
      return result
    } catch (error) {
      releaseOnce(isConnectionLoss(error))
      throw error
    }
  }

  async #send<R extends object>(
    client: pg.PoolClient,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]> {
    return (await this.#sendRaw<R>(client, text, values)).rows
  }

  async #sendRaw<R extends object>(
    client: pg.PoolClient,
    text: string,
    values: readonly unknown[],
    onlyWrites = false,
  ): Promise<pg.QueryResult<R & Row>> {
    const intercept = this.interceptor
    const query = { text, values: [...values], ...this.#prepared.of(text, values, onlyWrites) }
    if (intercept === undefined) return client.query<R & Row>(query)
    // `end` on a broken stream is how a crash of the process or of the network looks to both sides.
    const cut = (): void => destroySocket(client)
    await intercept(text, 'before', cut)
    const result = await client.query<R & Row>(query)
    await intercept(text, 'after', cut)
    return result
  }
}

type SendRaw = (text: string, values: readonly unknown[], onlyWrites: boolean) => Promise<pg.QueryResult<Row>>

/** The statements of one connection, in the order they were sent; those that nobody waited for are remembered. */
class Statements implements Db {
  readonly database: object
  readonly #sendRaw: SendRaw
  readonly #oneByOne: () => boolean
  #unawaited: Promise<unknown>[] = []
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: object, sendRaw: SendRaw, oneByOne: () => boolean) {
    this.database = database
    this.#sendRaw = sendRaw
    this.#oneByOne = oneByOne
  }

  async query<R extends object = Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return (await this.#submit(text, values)).rows as R[]
  }

  send(text: string, values: readonly unknown[] = []): Promise<void> {
    const sent = this.#submit(text, values, true)
    this.#unawaited.push(sent)
    return sent.then(ignore, ignore)
  }

  /**
   * Ends the transaction once everything before is known to have been done: a statement that failed on this side was
   * never seen by the server, which would commit without it. A COMMIT after a failed statement is answered with
   * ROLLBACK, not with an error.
   */
  async end(statement: string): Promise<void> {
    await Promise.all(this.#unawaited)
    const { command } = await this.#submit(statement, [])
    if (command !== statement)
      throw new Error(`${statement} was answered with ${command}: a failed statement went unnoticed`)
  }

  /** Why the first of the statements that nobody waited for failed, once all of them are done. */
  async firstFailure(): Promise<unknown> {
    const settled = await Promise.allSettled(this.#unawaited)
    return settled.find((each) => each.status === 'rejected')?.reason
  }

  #submit(text: string, values: readonly unknown[], onlyWrites = false): Promise<pg.QueryResult<Row>> {
    const submit = (): Promise<pg.QueryResult<Row>> => this.#sendRaw(text, values, onlyWrites)
    const sent = this.#oneByOne() ? this.#last.then(submit, submit) : submit()
    this.#last = sent
    sent.catch(ignore)
    return sent
  }
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

function ignore(): void {}

function destroySocket(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(error?: Error): void } } }
  connection.stream.destroy(Object.assign(new Error('Connection cut'), { code: 'ECONNRESET' }))
}

/** The SQLSTATE or system error code of an error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The constraint that a statement violated, if that is what happened. */
export function violatedConstraint(error: unknown): string | undefined {
  if (errorCode(error) !== '23505' || typeof error !== 'object' || error === null || !('constraint' in error))
    return undefined
  return typeof error.constraint === 'string' ? error.constraint : undefined
}

const socketErrors = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
  'EAI_AGAIN',
])
const shutdownStates = new Set(['57P01', '57P02', '57P03', '25P03', '25P04'])

/** Whether the connection is gone, so that nobody knows whether a COMMIT under way took effect. */
export function isConnectionLoss(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined)
    return socketErrors.has(code) || shutdownStates.has(code) || code.startsWith('08') || code === '53300'
  return (
    error instanceof Error &&
    /Query read timeout|Connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable|client has encountered a connection error/i.test(
      error.message,
    )
  )
}

/** Whether the server lacks what it needs just now: space on its disk, memory, locks. What was under way is rolled back. */
export function isShortage(error: unknown): boolean {
  return errorCode(error)?.startsWith('53') === true
}

/** Thrown by a unit that finds out by itself that it lost a race. */
export class LostRace extends Error {
  override readonly name = 'LostRace'
}

/** Whether running the same unit again may succeed: it lost a race and was rolled back. */
export function isConflict(error: unknown): boolean {
  if (error instanceof LostRace) return true
  const code = errorCode(error)
  return code === '40001' || code === '40P01' || code === '55P03'
}
