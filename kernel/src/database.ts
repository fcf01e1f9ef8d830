import type pg from 'pg'
import { Connections, type DatabaseOptions, defaultDatabaseOptions } from './connections.ts'

export { type DatabaseOptions, defaultDatabaseOptions } from './connections.ts'

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

/** Transactions on a pool of connections. Knows nothing of commands. */
export class Database implements Db {
  readonly #connections: Connections
  readonly #own: boolean
  readonly database = this
  interceptor: Interceptor | undefined

  /** Connections that are given stay open when it is closed; the options are those they were made with. */
  constructor(
    connection: string | pg.ClientConfig | Connections,
    options: DatabaseOptions = defaultDatabaseOptions,
  ) {
    this.#own = !(connection instanceof Connections)
    this.#connections = connection instanceof Connections ? connection : new Connections(connection, options)
  }

  get stats(): { total: number; idle: number; waiting: number } {
    return this.#connections.stats
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
    const client = await this.#connections.take()
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
    if (this.#own) await this.#connections.close()
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
    const client = await this.#connections.take()
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
    const query = { text, values: [...values], ...this.#connections.prepared.of(text, values, onlyWrites) }
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
