/** A fresh process that measures one book on one stream. */
import { readFile } from 'node:fs/promises'
import { Engine, type MarketConfig, tuneRuntime } from '@florin/orderbook'
import { latencyOf, spreadOf } from '../lib/statistics.ts'
import { serveJobs } from '../lib/worker.ts'
import { type Contender, contenderOf } from './contenders.ts'
import type { MatchingJob, MatchingResult, Speed, Weight } from './job.ts'
import { block, type StoredStream, type Stream } from './stream.ts'

// As `florin serve` does.
tuneRuntime()

serveJobs<MatchingJob, MatchingResult>(
  async (job) =>
    'measure' in job ? { speed: await speedOf(job.measure) } : { weight: weightOf(job.weigh.orders) },
  async () => undefined,
)

type Measure = Extract<MatchingJob, { measure: unknown }>['measure']

async function speedOf({ contender, stream: stored, runs, budget_ms }: Measure): Promise<Speed> {
  const stream = await load(stored)
  const make = contenderOf(contender, stream)
  const first = run(make(), { ...stream, count: Math.min(stream.count, coldCommands) }, 0, budget_ms)
  const warm = warmRuns(make, stream, runs, budget_ms)
  return {
    cold: first.commands / first.seconds,
    warm: spreadOf(warm.map(({ commands, seconds }) => commands / seconds)),
    commands: Math.min(...warm.map(({ commands }) => commands)),
    each_ns: eachOf(warm.at(-1), make, stream, budget_ms),
  }
}

/** A book may take so many times what one run may take for all its runs, and as long for a filling. */
const budgets = 8

/** Fewer runs where filling the book takes long; none where it takes too long. */
function warmRuns(make: () => Contender, stream: Stream, runs: number, budget_ms: number): WarmRun[] {
  const end_ms = performance.now() + budgets * budget_ms
  const warm: WarmRun[] = []
  let took_ms = 0
  while (warm.length < runs && (warm.length === 0 || performance.now() + took_ms < end_ms)) {
    const started_ms = performance.now()
    const contender = make()
    if (!fill(contender, stream, budget_ms)) break
    warm.push({ contender, ...run(contender, stream, stream.prepared, budget_ms) })
    took_ms = performance.now() - started_ms
  }
  return warm
}

async function load({ file, ...stream }: StoredStream): Promise<Stream> {
  const { buffer, byteOffset, byteLength } = await readFile(file)
  return { ...stream, commands: new Int32Array(buffer, byteOffset, byteLength / 4) }
}

/** In the first run of a process, most of them before the compiler has seen what matters. */
const coldCommands = 400 * block

interface Run {
  readonly commands: number
  readonly seconds: number
}

/** With the book as the run left it. */
interface WarmRun extends Run {
  readonly contender: Contender
}

/** Brings the book to what it is before the time counts; whether that could be done in reasonable time. */
function fill(contender: Contender, stream: Stream, budget_ms: number): boolean {
  const { commands } = run(contender, { ...stream, count: stream.prepared }, 0, budgets * budget_ms)
  return commands === stream.prepared
}

/** Carries out the stream from `first` on, to its end or until the time is over. */
function run(contender: Contender, stream: Stream, first: number, budget_ms: number): Run {
  const started = performance.now()
  let at = first
  let elapsed_ms = 0
  while (at < stream.count && elapsed_ms < budget_ms) {
    const end = Math.min(stream.count, (Math.trunc(at / block) + 1) * block)
    contender.run(at, end)
    at = end
    elapsed_ms = performance.now() - started
  }
  contender.check(at)
  return { commands: at - first, seconds: elapsed_ms / 1_000 }
}

/**
 * Every command timed by itself, in a run that no speed is taken from: where the last one left something of the stream, it
 * goes on there, since filling another book may take long.
 */
function eachOf(
  last: WarmRun | undefined,
  make: () => Contender,
  stream: Stream,
  budget_ms: number,
): Speed['each_ns'] {
  const goesOn = last !== undefined && stream.prepared + last.commands < stream.count
  const contender = goesOn ? last.contender : make()
  const isFilled = last !== undefined && (goesOn || fill(contender, stream, budget_ms))
  const from = stream.prepared + (goesOn ? last.commands : 0)
  const samples_ms = new Float64Array(isFilled ? stream.count - from : 0)
  const end_ms = performance.now() + budget_ms
  let taken = 0
  for (let before = performance.now(); taken < samples_ms.length && before < end_ms; taken++) {
    contender.run(from + taken, from + taken + 1)
    const after = performance.now()
    samples_ms[taken] = after - before
    before = after
  }
  const { p50, p99, p999, max } = latencyOf(samples_ms.subarray(0, taken))
  return { p50: p50 * 1e6, p99: p99 * 1e6, p999: p999 * 1e6, max: max * 1e6 }
}

/** What the arrays of a market take, told by the runtime. */
function weightOf(orders: number): Weight {
  const config: MarketConfig = {
    lowestPrice: 1,
    highestPrice: 2 ** 16 - 1,
    orders: 1,
    accounts: 256,
    sessions: 1,
    clientIds: 1,
    largestPosition: 2 ** 26,
    risk: false,
    digest: true,
  }
  // Engines are kept, so that none is collected while the next one is weighed.
  const engines: Engine[] = []
  const arraysOf = (one: MarketConfig): number => {
    const before = process.memoryUsage().arrayBuffers
    engines.push(new Engine(one))
    return process.memoryUsage().arrayBuffers - before
  }
  const fixed = arraysOf(config)
  return { fixed, perOrder: (arraysOf({ ...config, orders }) - fixed) / (orders - 1) }
}
