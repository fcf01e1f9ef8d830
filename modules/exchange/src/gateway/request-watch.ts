import { type Database, isConnectionLoss, type Logger, type Session } from '@florin/kernel'
import { ownerOf } from '../sequencer/owners.ts'
import { carriedOut, requestRows, takenChannel } from '../store/requests.ts'

/**
 * Waits until the commands of a call were carried out, at most `waitMs`. Returns at once for calls that sent nothing.
 * Nothing is polled: the owner tells, in this process by publishing, in others by a notification.
 */
export async function whenCarriedOut(
  database: Database,
  callId: string,
  waitMs: number,
  log: Logger,
): Promise<void> {
  const rows = await requestRows(database, callId)
  const markets = [...new Set(rows.flatMap((row) => (row.seq === undefined ? [row.market_id] : [])))]
  if (markets.length === 0 || waitMs === 0) return
  await watchOf(database, log).wait(callId, markets, waitMs)
}

const watches = new WeakMap<object, RequestWatch>()

function watchOf(database: Database, log: Logger): RequestWatch {
  const watch = watches.get(database) ?? new RequestWatch(database, log)
  watches.set(database, watch)
  return watch
}

/** Everybody of this process who waits. One look at the database serves all of them. */
class RequestWatch {
  readonly #database: Database
  readonly #log: Logger
  readonly #waiting = new Map<string, Set<() => void>>()
  #remote = 0
  #session: Promise<Session> | undefined
  #looking: Promise<void> | undefined
  #again = false
  /** Since the last look that did not fail: the first failure is logged, what follows it tells nothing more. */
  #failing = false

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  async wait(callId: string, markets: readonly bigint[], waitMs: number): Promise<void> {
    const done = Promise.withResolvers<void>()
    const waiters = this.#waiting.get(callId) ?? new Set()
    this.#waiting.set(callId, waiters.add(done.resolve))
    const timer = setTimeout(done.resolve, waitMs)
    const ends: (() => void)[] = []
    try {
      for (const market of markets) ends.push(await this.#hear(market))
      // What was carried out before anybody listened.
      this.#look()
      await done.promise
    } finally {
      clearTimeout(timer)
      for (const end of ends) end()
      waiters.delete(done.resolve)
      if (waiters.size === 0) this.#waiting.delete(callId)
    }
  }

  /** Looks whenever something of the market was carried out; returns what ends it. */
  async #hear(marketId: bigint): Promise<() => void> {
    const owner = ownerOf(this.#database, marketId)
    if (owner !== undefined) return owner.subscribe(() => this.#look())
    // Counted before anything is waited for, so that nobody who leaves meanwhile ends what this one begins to use.
    this.#remote++
    const end = (): void => {
      this.#remote--
      if (this.#remote === 0) this.#forget()
    }
    try {
      await this.#listen()
    } catch (error) {
      end()
      throw error
    }
    return end
  }

  /** Without a connection to listen on, whoever waits is answered when the time is up. */
  async #listen(): Promise<void> {
    this.#session ??= this.#openSession()
    await this.#session.catch((error: unknown) => {
      this.#session = undefined
      if (!isConnectionLoss(error)) throw error
      this.#failed(error)
    })
  }

  async #openSession(): Promise<Session> {
    const session = await this.#database.session()
    session.onNotification(() => this.#look())
    try {
      await session.db.query(`LISTEN ${takenChannel}`)
    } catch (error) {
      session.release()
      throw error
    }
    return session
  }

  #forget(): void {
    const session = this.#session
    this.#session = undefined
    void session?.then(
      ({ release }) => release(),
      () => undefined,
    )
  }

  /** One look at a time; a signal during one asks for another. */
  #look(): void {
    if (this.#looking !== undefined) {
      this.#again = true
      return
    }
    this.#again = false
    this.#looking = this.#release()
      .then(
        () => {
          this.#failing = false
        },
        // The time limit of whoever waits still holds.
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#looking = undefined
        if (this.#again) this.#look()
      })
  }

  #failed(error: unknown): void {
    if (!this.#failing)
      this.#log.warn(
        { err: error, waiting: this.#waiting.size },
        'looking for what became of requests failed: those who wait are answered when their time is up',
      )
    this.#failing = true
  }

  async #release(): Promise<void> {
    if (this.#waiting.size === 0) return
    for (const callId of await carriedOut(this.#database, [...this.#waiting.keys()]))
      for (const resolve of this.#waiting.get(callId) ?? []) resolve()
  }
}
