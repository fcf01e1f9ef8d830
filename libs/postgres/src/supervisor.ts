import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { errorText, StartError } from './errors.ts'
import { clearLeftovers } from './leftovers.ts'
import type { Location } from './location.ts'
import { type Postmaster, spawnPostmaster } from './postmaster.ts'
import { type ConnectionSettings, waitReady } from './readiness.ts'

/** Pauses before each attempt to bring a server back; then we give up. */
const RESTART_PAUSES_MS = [0, 200, 500, 1_000, 2_000, 5_000, 10_000]
/** A server that lived this long counts as recovered, so its next fall starts the pauses anew. */
const SETTLED_MS = 60_000
/** Another program may take the port between our look and the server's. */
const PORT_ATTEMPTS = 5

export type SupervisorOptions = {
  say: (line: string) => void
  log: (line: string) => void
  onLost: (error: StartError) => void
  fixedPort: number | undefined
  abort: AbortSignal | undefined
  connection: (port: number) => ConnectionSettings
  choosePort: () => Promise<number>
  configure: (port: number) => Promise<void>
  recoverTimeoutMs: number | undefined
}

/** Keeps one server running on a cluster: starts it, brings it back when it is killed, stops it. */
export class Supervisor {
  readonly #binaries: Binaries
  readonly #location: Location
  readonly #options: SupervisorOptions
  readonly #stopping = new AbortController()
  #server: Postmaster | undefined
  #restarting: Promise<void> = Promise.resolve()
  #falls = 0

  constructor(binaries: Binaries, location: Location, options: SupervisorOptions) {
    this.#binaries = binaries
    this.#location = location
    this.#options = options
  }

  get pid(): number {
    if (this.#server === undefined) throw new Error('PostgreSQL has not been started')
    return this.#server.pid
  }

  async start(): Promise<ConnectionSettings> {
    for (let attempt = 1; ; attempt++) {
      await clearLeftovers(this.#location, this.#options.say)
      const port = await this.#options.choosePort()
      try {
        await this.#startOn(port, this.#options.say, this.#options.abort)
        return this.#options.connection(port)
      } catch (error) {
        const busy = error instanceof StartError && error.code === 'port_busy'
        if (!busy || this.#options.fixedPort !== undefined || attempt === PORT_ATTEMPTS) throw error
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#restarting
    await this.#server?.stop()
  }

  async #startOn(port: number, say: (line: string) => void, abort?: AbortSignal): Promise<void> {
    abort?.throwIfAborted()
    await this.#options.configure(port)
    const server = await spawnPostmaster(this.#binaries, this.#location)
    try {
      await waitReady(server, this.#options.connection(port), this.#location, {
        say,
        abort,
        recoverTimeoutMs: this.#options.recoverTimeoutMs,
      })
    } catch (error) {
      await server.stop()
      throw error
    }
    this.#server = server
    const since = performance.now()
    void server.ended.then((how) => {
      if (this.#stopping.signal.aborted) return
      if (performance.now() - since > SETTLED_MS) this.#falls = 0
      this.#restarting = this.#bringBack(port, how, server)
    })
  }

  /** Never rejects: it runs beside everything else, and `onLost` hears when it fails. */
  async #bringBack(port: number, how: string, server: Postmaster): Promise<void> {
    const { log, onLost } = this.#options
    log(`PostgreSQL ended unexpectedly (${how}); bringing it back.`)
    let last: unknown
    // a full disk is a matter of time, for whoever makes room: then it comes back without anybody's help
    let full = saysFull(await server.logged().catch(() => ''))
    while (full || this.#falls < RESTART_PAUSES_MS.length) {
      const pause_ms = RESTART_PAUSES_MS[Math.min(this.#falls, RESTART_PAUSES_MS.length - 1)]
      this.#falls++
      try {
        await delay(pause_ms, undefined, { signal: this.#stopping.signal })
        await clearLeftovers(this.#location, log)
        await this.#startOn(port, ignore, this.#stopping.signal)
        log('PostgreSQL is back.')
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        last = error
        full = error instanceof StartError && error.code === 'no_space'
      }
    }
    onLost(lost(last, how))
  }
}

function saysFull(logged: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(logged)
}

function lost(error: unknown, how: string): StartError {
  if (error instanceof StartError) return error
  const why = error === undefined ? how : errorText(error)
  return new StartError('start_failed', `PostgreSQL keeps ending (${why}); its log says why.`, {
    cause: error,
  })
}

function ignore(): void {
  // `log` tells of the whole restart
}
