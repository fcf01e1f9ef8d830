import type { Database, Logger, Service } from '@florin/kernel'
import { massCancelWords } from '../domain/order-words.ts'
import { ownedMarkets, ownerOf } from '../sequencer/owners.ts'
import type { Sequencer } from '../sequencer/sequencer.ts'
import { forgetLogin, isLoginOf, type LoginRow, loginsBefore } from '../store/logins.ts'

/**
 * Cancels the orders of sessions whose connection is gone and was not made again in time. In the process that had the
 * connection it begins when that is lost; whoever takes a market over does it for connections that went with the process
 * before.
 */
export class Disconnects {
  readonly #database: Database
  readonly #log: Logger
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  /** The connection is gone: cancels unless `returned` is called within the grace period of the login. */
  lost(login: LoginRow): void {
    const key = keyOf(login)
    clearTimeout(this.#timers.get(key))
    const timer = setTimeout(() => void this.#cancel(login), login.grace_ms)
    this.#timers.set(key, timer)
  }

  returned(login: Pick<LoginRow, 'market_id' | 'session_id'>): void {
    const key = keyOf(login)
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Begins the grace period of every login that was left behind by the process that ran the market before. */
  async takenOver(sequencer: Sequencer): Promise<void> {
    for (const login of await loginsBefore(this.#database, sequencer.market.id, sequencer.epoch))
      this.lost(login)
  }

  async #cancel(login: LoginRow): Promise<void> {
    this.#timers.delete(keyOf(login))
    try {
      // It may have been made again, in this process or through another one.
      if (!(await isLoginOf(this.#database, login))) return
      const owner = ownerOf(this.#database, login.market_id)
      // Whoever runs the market by now finds the login among those left behind.
      if (owner === undefined) return
      await owner.submit(massCancelWords({ account: 0, session: Number(login.session_id) }))
      await forgetLogin(this.#database, login)
    } catch (error) {
      this.#log.warn(
        { err: error, session: String(login.session_id), market: String(login.market_id) },
        'the orders of a lost session could not be cancelled; it is tried again',
      )
      if (ownerOf(this.#database, login.market_id) !== undefined)
        this.lost({ ...login, grace_ms: Math.max(login.grace_ms, retryMs) })
    }
  }
}

const retryMs = 250

function keyOf({ market_id, session_id }: Pick<LoginRow, 'market_id' | 'session_id'>): string {
  return `${market_id} ${session_id}`
}

const known = new WeakMap<object, Disconnects>()

export function disconnectsOf(database: Database, log: Logger): Disconnects {
  const disconnects = known.get(database) ?? new Disconnects(database, log)
  known.set(database, disconnects)
  return disconnects
}

const lookEveryMs = 250

/** Looks which markets this process has taken over, and after the sessions that were connected before. */
export const sessionService: Service = {
  name: 'exchange.sessions',
  role: 'exchange',
  start({ database, log }) {
    const disconnects = disconnectsOf(database, log)
    const seen = new WeakSet<Sequencer>()
    const look = (): void => {
      for (const sequencer of ownedMarkets(database)) {
        if (seen.has(sequencer)) continue
        seen.add(sequencer)
        disconnects.takenOver(sequencer).catch((error: unknown) => {
          seen.delete(sequencer)
          log.warn({ err: error, market: sequencer.market.code }, 'sessions left behind could not be read')
        })
      }
    }
    const timer = setInterval(look, lookEveryMs)
    return {
      async stop() {
        clearInterval(timer)
        disconnects.stop()
      },
    }
  },
}
