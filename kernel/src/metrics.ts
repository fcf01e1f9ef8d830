import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as PromRegistry } from 'prom-client'
import type { Database } from './database.ts'

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What `/metrics` tells, in the Prometheus text format. Names: `florin_<what>_<unit>`. */
export class Metrics {
  readonly registry = new PromRegistry()
  readonly #commands = this.#histogram(
    'florin_command_seconds',
    'Time from receipt to answer',
    ['command', 'outcome'],
    seconds,
  )
  readonly #queries = this.#histogram(
    'florin_query_seconds',
    'Time from receipt to answer',
    ['query', 'outcome'],
    seconds,
  )
  readonly #batches = this.#histogram(
    'florin_batch_calls',
    'Calls in one group commit',
    ['command'],
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000],
  )
  readonly #retries = new Counter({
    name: 'florin_retries_total',
    help: 'Units run again',
    labelNames: ['operation', 'cause'],
    registers: [this.registry],
  })
  readonly #denied = new Counter({
    name: 'florin_requests_rejected_total',
    help: 'Requests answered before any command',
    labelNames: ['code'],
    registers: [this.registry],
  })

  readonly #unrecordedLogins = new Counter({
    name: 'florin_refused_logins_unrecorded_total',
    help: 'Refused logins beyond what the audit trail records one by one',
    registers: [this.registry],
  })

  readonly #socketMessages = new Counter({
    name: 'florin_socket_messages_total',
    help: 'Messages of WebSockets',
    labelNames: ['socket', 'direction'],
    registers: [this.registry],
  })
  readonly #socketsClosed = new Counter({
    name: 'florin_sockets_closed_total',
    help: 'WebSockets that ended, by close code',
    labelNames: ['socket', 'code'],
    registers: [this.registry],
  })
  readonly #sockets = new Map<string, () => number>()

  constructor(options: { process?: boolean } = {}) {
    if (options.process === true) collectDefaultMetrics({ register: this.registry, prefix: 'florin_' })
  }

  command(command: string, outcome: string, ms: number): void {
    this.#commands.observe({ command, outcome }, ms / 1000)
  }

  query(query: string, outcome: string, ms: number): void {
    this.#queries.observe({ query, outcome }, ms / 1000)
  }

  batch(command: string, calls: number): void {
    this.#batches.observe({ command }, calls)
  }

  retry(operation: string, cause: string): void {
    this.#retries.inc({ operation, cause })
  }

  rejected(code: string): void {
    this.#denied.inc({ code })
  }

  unrecordedLogin(): void {
    this.#unrecordedLogins.inc()
  }

  socketMessage(socket: string, direction: 'in' | 'out'): void {
    this.#socketMessages.inc({ socket, direction })
  }

  socketClosed(socket: string, code: number): void {
    this.#socketsClosed.inc({ socket, code })
  }

  /** `open` says how many connections of that name there are. */
  watchSockets(socket: string, open: () => number): void {
    const sockets = this.#sockets
    sockets.set(socket, open)
    if (sockets.size > 1) return
    new Gauge({
      name: 'florin_sockets',
      help: 'WebSockets open',
      labelNames: ['socket'],
      registers: [this.registry],
      collect() {
        for (const [name, count] of sockets) this.set({ socket: name }, count())
      },
    })
  }

  watchQueue(queued: () => number): void {
    this.gauge('florin_queued_calls', 'Calls waiting or running', queued)
  }

  watchDatabase(database: Database): void {
    this.gauge('florin_database_connections', 'Connections open', () => database.stats.total)
    this.gauge('florin_database_connections_idle', 'Connections idle', () => database.stats.idle)
    this.gauge('florin_database_waiting', 'Callers waiting for a connection', () => database.stats.waiting)
  }

  watchApprovals(database: Database): void {
    this.gauge('florin_approvals_waiting', 'Commands that wait for approval', async () => {
      const rows = await database.query<{ count: bigint }>(
        'SELECT count(*) AS count FROM kernel.approval_requests WHERE open',
      )
      return Number(rows[0]?.count ?? Number.NaN)
    })
  }

  /** `read` may ask elsewhere; where that fails the value is NaN, which says that it is not known. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await Promise.resolve(read()).catch(() => Number.NaN))
      },
    })
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[], buckets: number[]): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] })
  }
}
