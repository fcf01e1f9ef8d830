/** The load generator: a process of its own that sends what it is told and measures. */
import { amountOf, asset, wallet } from '../lib/names.ts'
import { serveJobs } from '../lib/worker.ts'
import { pairsOf, scenarioOf } from '../posting/scenarios.ts'
import { Connection } from './client.ts'
import type { Load, LoadResult } from './load.ts'

const pairs = pairsOf(scenarioOf('uniform-10k', true), 65_536)

serveJobs(
  (load: Load) => new Generator(load).run(),
  async () => undefined,
)

class Generator {
  readonly #load: Load
  readonly #head: string
  readonly #latencies: number[] = []
  readonly #answeredIn: number[]
  readonly #errors: Record<string, number> = {}
  #acknowledged = 0
  #sent = 0
  #from = 0
  #until = 0

  constructor(load: Load) {
    this.#load = load
    const { url, key, ledger, size, runs } = load
    const path = `/v1/ledgers/${ledger}/transactions${size === 1 ? '' : '/batch'}`
    this.#head = `POST ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nIdempotency-Key: `
    this.#answeredIn = Array.from({ length: runs }, () => 0)
  }

  async run(): Promise<LoadResult> {
    const { url, connections, warmup_s, run_s, runs, rate } = this.#load
    const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(new URL(url))))
    this.#from = performance.now() + warmup_s * 1_000
    this.#until = this.#from + runs * run_s * 1_000
    const [started, cpu] = [performance.now(), process.cpuUsage()]
    await (rate === undefined ? this.#closedLoop(opened) : this.#openLoop(opened, rate))
    const { user, system } = process.cpuUsage(cpu)
    const elapsed_ms = performance.now() - started
    for (const connection of opened) connection.close()
    return {
      perSecond: this.#answeredIn.map((count) => count / run_s),
      latency_ms: Float64Array.from(this.#latencies),
      acknowledged: this.#acknowledged,
      errors: this.#errors,
      generatorCpu: (user + system) / 1_000 / elapsed_ms,
    }
  }

  async #closedLoop(connections: readonly Connection[]): Promise<void> {
    await Promise.all(
      connections.map(async (connection) => {
        while (performance.now() < this.#until) if (!(await this.#send(connection, performance.now()))) return
      }),
    )
  }

  /**
   * Requests fall due at even intervals and wait where no connection is free; their time counts from when they fell
   * due, so that a server that stalls is not spared those that it kept waiting.
   */
  async #openLoop(connections: readonly Connection[], rate: number): Promise<void> {
    const interval_ms = 1_000 / rate
    const idle = [...connections]
    const underWay = new Set<Promise<void>>()
    let due = performance.now()
    while (due < this.#until && (idle.length > 0 || underWay.size > 0)) {
      while (due <= performance.now() && idle.length > 0) {
        const connection = idle.pop()
        if (connection === undefined) break
        const sending = this.#send(connection, due).then((alive) => {
          underWay.delete(sending)
          if (alive) idle.push(connection)
        })
        underWay.add(sending)
        due += interval_ms
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(underWay)
  }

  /** Sends one request that was due at a time; false if the connection is lost. */
  async #send(connection: Connection, due: number): Promise<boolean> {
    try {
      const status = await connection.send(this.#request())
      if (status === 200) this.#answered(due, performance.now())
      else this.#count(String(status))
      return true
    } catch {
      // How many were lost is the figure; the load goes on with the other connections.
      this.#count('connection')
      return false
    }
  }

  #answered(due: number, now: number): void {
    this.#acknowledged++
    if (due < this.#from || now >= this.#until) return
    this.#latencies.push(now - due)
    const run = Math.floor((now - this.#from) / (this.#load.run_s * 1_000))
    this.#answeredIn[run] = (this.#answeredIn[run] ?? 0) + 1
  }

  #count(error: string): void {
    this.#errors[error] = (this.#errors[error] ?? 0) + 1
  }

  #request(): string {
    const n = this.#sent++
    const body = this.#load.size === 1 ? `{"postings":[${posting(n)}]}` : batch(n, this.#load.size)
    return `${this.#head}${this.#load.prefix}-${n}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
}

function posting(n: number): string {
  const at = n % pairs.debit.length
  return `{"debit":"${wallet(pairs.debit[at] ?? 0)}","credit":"${wallet(pairs.credit[at] ?? 0)}","amount":"${amountOf(n)}","asset":"${asset}"}`
}

function batch(n: number, size: number): string {
  const items = Array.from({ length: size }, (_, i) => `{"postings":[${posting(n * size + i)}]}`)
  return `{"mode":"independent","transactions":[${items.join(',')}]}`
}
