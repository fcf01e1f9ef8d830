/**
 * Posting in process, through the real engine, on a durable embedded server, beside the limit of the machine and a
 * row-at-a-time baseline.
 *
 *   node bench/posting/main.ts [--short] [--json]
 */
import { Database, type Engine } from '@florin/kernel'
import { describeMachine, type Machine, machineLine } from '../lib/machine.ts'
import { startBenchServer } from '../lib/server.ts'
import { median, timed } from '../lib/statistics.ts'
import { createLimit, runLimit } from './limit.ts'
import { createRowByRow, runRowByRow } from './row-by-row.ts'
import { accounts, migrateAll, Subject } from './scenario.ts'

export interface PostingBenchOptions {
  /** One short run of each: to see that it works, not to quote. */
  readonly short?: boolean
}

export interface PostingBenchRow {
  /** `post`: one call each, submitted together; `batch`: one call for all of them; `row by row`: the baseline. */
  readonly scenario: string
  /** Postings in one database transaction. */
  readonly batch: number
  readonly postingsPerSecond: number
  readonly limitPerSecond: number
  readonly ratio: number
}

export interface PostingBench {
  readonly machine: Machine
  readonly accounts: number
  readonly runs: number
  readonly rows: readonly PostingBenchRow[]
}

interface Contender {
  readonly scenario: string
  /** Batches to run, as a share of what the limit runs. */
  readonly share: number
  run(batches: number, size: number): Promise<void>
}

const sizes = [1, 1_000, 8_000]

export async function postingBench(options: PostingBenchOptions = {}): Promise<PostingBench> {
  const server = await startBenchServer()
  const admin = new Database(server.url)
  const subject = new Subject(server.url)
  try {
    await migrateAll(server.url)
    await subject.prepare()
    await createLimit(admin)
    await createRowByRow(admin)
    await admin.query('VACUUM ANALYZE')
    const runs = options.short === true ? 1 : 5
    const rows: PostingBenchRow[] = []
    for (const size of sizes)
      rows.push(
        ...(await measure(size, runs, batchesOf(size, options), contenders(admin, subject, size), admin)),
      )
    return { machine: await describeMachine(admin, new Date()), accounts, runs, rows }
  } finally {
    await subject.database.close()
    await admin.close()
    await server.stop()
  }
}

function batchesOf(size: number, { short = false }: PostingBenchOptions): number {
  if (size === 1) return short ? 50 : 1_000
  return Math.ceil((short ? 8_000 : 80_000) / size)
}

function contenders(admin: Database, subject: Subject, size: number): Contender[] {
  const engine = subject.engine(size)
  let rowsSent = 0
  const single: Contender = { scenario: 'post', share: 1, run: (b, s) => postAll(subject, engine, b, s) }
  const batch: Contender = {
    scenario: 'batch',
    share: 1,
    run: (b, s) => postInBatches(subject, engine, b, s),
  }
  const rowByRow: Contender = {
    scenario: 'row by row',
    share: size === 1 ? 0.5 : 0.1,
    async run(batches, s) {
      await runRowByRow(admin, batches, s, rowsSent)
      rowsSent += batches * s
    },
  }
  return size === 1 ? [single, rowByRow] : [single, batch, rowByRow]
}

/** The contenders and the limit take turns, so that a slow moment of the machine hits all alike. */
async function measure(
  size: number,
  runs: number,
  batches: number,
  candidates: readonly Contender[],
  admin: Database,
): Promise<PostingBenchRow[]> {
  const limits: number[] = []
  const speeds = new Map<string, number[]>(candidates.map(({ scenario }) => [scenario, []]))
  // The first round warms up everything and does not count, unless it is the only one.
  for (let run = runs === 1 ? 1 : 0; run <= runs; run++) {
    const limit = await speed(batches, size, () => runLimit(admin, batches, size))
    if (run > 0) limits.push(limit)
    for (const { scenario, share, run: work } of candidates) {
      const own = Math.max(1, Math.round(batches * share))
      const reached = await speed(own, size, () => work(own, size))
      if (run > 0) speeds.get(scenario)?.push(reached)
    }
  }
  const limitPerSecond = median(limits)
  return [...speeds].map(([scenario, reached]) => {
    const postingsPerSecond = median(reached)
    return {
      scenario,
      batch: size,
      postingsPerSecond,
      limitPerSecond,
      ratio: postingsPerSecond / limitPerSecond,
    }
  })
}

async function speed(batches: number, size: number, work: () => Promise<void>): Promise<number> {
  return (batches * size) / (await timed(work))
}

/** Calls one by one, or, in batches, as many callers at once as fill two: one being booked, one being gathered. */
async function postAll(subject: Subject, engine: Engine, batches: number, size: number): Promise<void> {
  const half = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++)
      await Promise.all(subject.transfers(size).map((transfer) => subject.post(engine, transfer)))
  }
  if (size === 1) await half(batches)
  else await Promise.all([half(Math.ceil(batches / 2)), half(Math.floor(batches / 2))])
}

async function postInBatches(subject: Subject, engine: Engine, batches: number, size: number): Promise<void> {
  for (let i = 0; i < batches; i++) await subject.postBatch(engine, subject.transfers(size))
}

export function printPosting({ machine, rows, runs }: PostingBench): void {
  console.log(machineLine(machine))
  console.log(
    `posting, ${accounts.toLocaleString('en')} accounts, one posting a transaction, median of ${runs}; limit: the same rows made inside PostgreSQL\n`,
  )
  console.log(line('scenario', 'batch', 'postings/s', 'limit/s', 'ratio'))
  for (const { scenario, batch, postingsPerSecond, limitPerSecond, ratio } of rows) {
    console.log(
      line(
        scenario,
        whole(batch),
        whole(postingsPerSecond),
        whole(limitPerSecond),
        `${Math.round(ratio * 100)} %`,
      ),
    )
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function line(first: string, ...cells: readonly string[]): string {
  return first.padEnd(12) + cells.map((cell) => cell.padStart(12)).join('')
}

if (import.meta.main) {
  const result = await postingBench({ short: process.argv.includes('--short') })
  if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2))
  else printPosting(result)
}
