import type { Database } from '@florin/kernel'
import { recordsOf } from '../lib/books.ts'
import type { FlorinServer } from '../lib/florin-server.ts'
import { postgresPids, useOf } from '../lib/proc.ts'
import type { Bench } from '../lib/section.ts'
import { type Latency, latencyOf, type Spread, spreadOf, timed } from '../lib/statistics.ts'
import { Worker } from '../lib/worker.ts'
import { runLimit } from '../posting/limit.ts'
import type { Scenario } from '../posting/scenarios.ts'
import type { BareJob, BareServer } from './bare.ts'
import type { Load, LoadResult } from './load.ts'

export interface HttpCase {
  readonly name: string
  readonly connections: number
  /** Transactions in a request. */
  readonly size: number
}

interface Loop {
  readonly latency: Latency
  readonly errors: number
}

export interface HttpFigure extends HttpCase {
  /** Postings a second, as are all limits. */
  readonly perSecond: Spread
  readonly rows: Spread
  readonly http: Spread
  readonly baseline: Spread | undefined
  readonly closed: Loop
  readonly open: Loop & { readonly rate: number }
  readonly cpu: { readonly generator: number; readonly florin?: number; readonly postgres?: number }
}

/** As long as Florin's answers are: to one posting, and for each item of a batch. */
const answerBytes = { single: 520, item: 75 }

type Timing = Pick<Load, 'warmup_s' | 'run_s' | 'runs'>

/** The load generator and everything it is let loose on. */
export class HttpRun {
  readonly #bench: Bench
  readonly #florin: FlorinServer
  readonly #admin: Database
  readonly #scenario: Scenario
  readonly #generator = new Worker<Load, LoadResult>(new URL('generator.ts', import.meta.url))
  readonly #recordsBefore: number
  #acknowledged = 0
  #errors = 0
  #loads = 0

  private constructor(
    parts: { bench: Bench; florin: FlorinServer; admin: Database; scenario: Scenario },
    recordsBefore: number,
  ) {
    this.#bench = parts.bench
    this.#florin = parts.florin
    this.#admin = parts.admin
    this.#scenario = parts.scenario
    this.#recordsBefore = recordsBefore
  }

  static async start(
    bench: Bench,
    florin: FlorinServer,
    admin: Database,
    scenario: Scenario,
  ): Promise<HttpRun> {
    const parts = { bench, florin, admin, scenario }
    return new HttpRun(parts, await recordsOf(admin, 'bench'))
  }

  async measure(one: HttpCase): Promise<HttpFigure> {
    const { short } = this.#bench.options
    const brief: Timing = short ? { warmup_s: 1, run_s: 1, runs: 1 } : { warmup_s: 2, run_s: 1, runs: 5 }
    const rows = await this.#rowsLimit(one, brief.runs)
    this.#bench.progress(`http: ${one.name}, bare node:http`)
    const http = await this.#bare(one, brief, undefined)
    const baseline = one.size > 1 ? undefined : await this.#bare(one, brief, this.#florin.adminUrl)
    this.#bench.progress(`http: ${one.name}, closed loop`)
    const timing: Timing = short ? { ...brief, warmup_s: 0.5 } : { warmup_s: 2, run_s: 3, runs: 5 }
    const { result: closed, cpu } = await this.#florinUnder(one, timing)
    const perSecond = spreadOf(closed.perSecond.map((requests) => requests * one.size))
    this.#bench.progress(`http: ${one.name}, open loop`)
    const rate = Math.max(1, perSecond.median / one.size / 2)
    const { result: open } = await this.#florinUnder(one, { ...timing, runs: short ? 1 : 3 }, rate)
    return {
      ...one,
      perSecond,
      rows,
      http,
      baseline,
      closed: loopOf(closed),
      open: { ...loopOf(open), rate },
      cpu,
    }
  }

  /** Every acknowledged posting must be in the journal, and nothing else. */
  async check(): Promise<void> {
    const records = (await recordsOf(this.#admin, 'bench')) - this.#recordsBefore
    const wrong = this.#errors === 0 ? records !== this.#acknowledged : records < this.#acknowledged
    if (wrong) throw new Error(`${this.#acknowledged} postings were acknowledged and ${records} recorded`)
    if (this.#acknowledged === 0) throw new Error('Not one posting was acknowledged')
  }

  stop(): Promise<void> {
    return this.#generator.stop()
  }

  async #florinUnder(one: HttpCase, timing: Timing, rate?: number) {
    const { url, key, pid } = this.#florin
    const before = { florin: await useOf([pid]), postgres: await useOf(await postgresPids(this.#admin)) }
    const started = performance.now()
    const result = await this.#generate(one, timing, url, key, rate)
    const seconds = (performance.now() - started) / 1_000
    this.#acknowledged += result.acknowledged * one.size
    this.#errors += sum(result.errors)
    const used = async (pids: readonly number[], from: { cpu_s: number } | undefined) => {
      const now = await useOf(pids)
      return now === undefined || from === undefined ? undefined : (now.cpu_s - from.cpu_s) / seconds
    }
    const florin = await used([pid], before.florin)
    // Those that were started meanwhile count whole.
    const postgres = await used(await postgresPids(this.#admin), before.postgres)
    return {
      result,
      cpu: {
        generator: result.generatorCpu,
        ...(florin === undefined ? {} : { florin }),
        ...(postgres === undefined ? {} : { postgres }),
      },
    }
  }

  #generate(one: HttpCase, timing: Timing, url: string, key: string, rate?: number): Promise<LoadResult> {
    const { connections, size } = one
    const load = { url, key, ledger: 'bench', connections, size, prefix: `load-${this.#loads++}`, ...timing }
    return this.#generator.run(rate === undefined ? load : { ...load, rate })
  }

  async #bare(one: HttpCase, timing: Timing, database: string | undefined): Promise<Spread> {
    const server = new Worker<BareJob, BareServer>(new URL('bare.ts', import.meta.url))
    try {
      const bytes = one.size === 1 ? answerBytes.single : answerBytes.item * one.size
      const { url } = await server.run({
        answerBytes: bytes,
        ...(database === undefined ? {} : { database }),
      })
      const result = await this.#generate(one, timing, url, 'none')
      if (sum(result.errors) > 0) throw new Error(`The bare server failed: ${JSON.stringify(result.errors)}`)
      return spreadOf(result.perSecond.map((requests) => requests * one.size))
    } finally {
      await server.stop()
    }
  }

  /** As many rows in a transaction as there can be under way. */
  async #rowsLimit({ connections, size }: HttpCase, runs: number): Promise<Spread> {
    const atOnce = size === 1 ? connections : size
    const batches = Math.ceil((this.#bench.options.short ? 1_000 : 16_000) / atOnce)
    const speeds: number[] = []
    for (let run = 0; run <= runs; run++) {
      const seconds = await timed(() => runLimit(this.#admin, this.#scenario, batches, atOnce))
      if (run > 0) speeds.push((batches * atOnce) / seconds)
    }
    return spreadOf(speeds)
  }
}

function loopOf({ latency_ms, errors }: LoadResult): Loop {
  return { latency: latencyOf(latency_ms), errors: sum(errors) }
}

function sum(errors: Readonly<Record<string, number>>): number {
  return Object.values(errors).reduce((total, count) => total + count, 0)
}
