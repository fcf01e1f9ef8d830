import type { Database } from '@florin/kernel'
import { openAdmin, openBooks, recordsOf, verifyBooks } from '../lib/books.ts'
import { describeMachine, type Machine } from '../lib/machine.ts'
import type { Bench, Report } from '../lib/section.ts'
import { type Spread, spreadOf, timed } from '../lib/statistics.ts'
import { Subject } from '../lib/subject.ts'
import { give, percent, whole } from '../lib/table.ts'
import { Worker } from '../lib/worker.ts'
import { createLimit, runLimit } from '../posting/limit.ts'
import { RowByRow } from '../posting/row-by-row.ts'
import { pairsOf, type Scenario, scenarioOf } from '../posting/scenarios.ts'
import type { PosterJob, PosterResult } from './job.ts'

const size = 1_000

interface Figure {
  readonly scenario: string
  readonly ledgers: 'the same' | 'their own'
  readonly processes: number
  readonly perSecond: Spread
  readonly limit: Spread
  readonly baseline: Spread
}

type Poster = Worker<PosterJob, PosterResult>

/** Several processes that post to one database: to one ledger, and each to its own. */
export async function processesSection(bench: Bench): Promise<Report> {
  const server = await bench.server()
  const figures: Figure[] = []
  let machine: Machine | undefined
  for (const name of bench.options.short ? ['hot-debit'] : ['uniform-10k', 'hot-debit'])
    await server.withDatabase('florin', async (url) => {
      figures.push(...(await measureScenario(bench, url, scenarioOf(name, bench.options.short))))
      const admin = openAdmin(url)
      machine = await describeMachine(admin, new Date()).finally(() => admin.close())
    })
  return {
    about: [
      'Processes on one database that post to the same ledger or to ledgers of their own, together; postings a second, 2,000 calls under way each.',
      'Limit: the same rows made inside PostgreSQL by one connection, 1,000 at once. Row by row: one connection, a statement each.',
    ],
    tables: [
      {
        texts: 2,
        columns: ['scenario', 'ledgers', 'processes', 'per s', '', 'to one', 'limit', 'ratio', 'row by row'],
        rows: figures.map(({ scenario, ledgers, processes, perSecond, limit, baseline }) => [
          scenario,
          ledgers,
          String(processes),
          whole(perSecond.median),
          give(perSecond),
          percent(perSecond.median / alone(scenario, ledgers, figures)),
          whole(limit.median),
          percent(perSecond.median / limit.median),
          whole(baseline.median),
        ]),
      },
    ],
    ...(machine === undefined ? {} : { machine }),
    data: figures,
  }
}

function alone(scenario: string, ledgers: string, figures: readonly Figure[]): number {
  const one = figures.find((f) => f.scenario === scenario && f.ledgers === ledgers && f.processes === 1)
  return one?.perSecond.median ?? Number.NaN
}

async function measureScenario(bench: Bench, url: string, scenario: Scenario): Promise<Figure[]> {
  const { short } = bench.options
  const admin = openAdmin(url)
  const subject = new Subject(url)
  try {
    const pairs = pairsOf(scenario, 40_000)
    await createLimit(admin, scenario, pairs)
    const rowByRow = new RowByRow(admin, scenario, pairs)
    await rowByRow.prepare()
    const runs = short ? 1 : 5
    const limit = await speeds(runs, 16_000, () => runLimit(admin, scenario, 16, size))
    const baseline = await speeds(runs, short ? 50 : 500, () => rowByRow.run(1, short ? 50 : 500))
    const figures: Figure[] = []
    for (const ledgers of ['the same', 'their own'] as const)
      for (const processes of short ? [1, 2] : [1, 2, 4]) {
        bench.progress(`processes: ${scenario.name}, ${processes}, ${ledgers}`)
        const names = Array.from({ length: processes }, (_, i) =>
          ledgers === 'the same' ? `shared-${processes}` : `own-${processes}-${i}`,
        )
        for (const ledger of new Set(names))
          await openBooks(subject, admin, { ledger, accounts: scenario.accounts })
        const perSecond = await together({ admin, url, scenario, names, runs, batches: short ? 4 : 16 })
        figures.push({ scenario: scenario.name, ledgers, processes, perSecond, limit, baseline })
      }
    await verifyBooks(url)
    return figures
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

interface Effort {
  readonly admin: Database
  readonly url: string
  readonly scenario: Scenario
  /** The ledger of each process. */
  readonly names: readonly string[]
  readonly runs: number
  /** Batches of all processes together in a run. */
  readonly batches: number
}

/** The processes post at once; whoever is last ends the run. */
async function together({ admin, url, scenario, names, runs, batches }: Effort): Promise<Spread> {
  const posters = names.map(() => new Worker<PosterJob, PosterResult>(new URL('poster.ts', import.meta.url)))
  try {
    await Promise.all(
      posters.map((poster, i) => {
        const ledger = names[i] ?? ''
        const open = { url, name: `process-${i}`, ledger, scenario: scenario.name, size, seed: i + 1 }
        return poster.run({ open })
      }),
    )
    const each = Math.ceil(batches / posters.length)
    const spread = await speeds(runs, each * posters.length * size, () => postAll(posters, each))
    await checkSums(admin, names, await postAll(posters, 0))
    return spread
  } finally {
    await Promise.all(posters.map((poster) => poster.stop()))
  }
}

function postAll(posters: readonly Poster[], batches: number): Promise<PosterResult[]> {
  return Promise.all(posters.map((poster) => poster.run({ post: { batches, size } })))
}

/** The first run warms up and does not count, unless it is the only one. */
async function speeds(runs: number, rows: number, work: () => Promise<unknown>): Promise<Spread> {
  const reached: number[] = []
  for (let run = runs === 1 ? 1 : 0; run <= runs; run++) {
    const seconds = await timed(work)
    if (run > 0) reached.push(rows / seconds)
  }
  return spreadOf(reached)
}

/** What the ledgers hold must be what the processes sent: as many records, and as much money on both sides. */
async function checkSums(
  admin: Database,
  names: readonly string[],
  results: readonly PosterResult[],
): Promise<void> {
  let records = 0
  let [debits, credits] = [0n, 0n]
  for (const name of new Set(names)) {
    records += await recordsOf(admin, name)
    const [sums] = await admin.query<{ debits: bigint; credits: bigint }>(
      `SELECT sum(b.posted_debits) AS debits, sum(b.posted_credits) AS credits
       FROM ledger.balances b JOIN ledger.accounts a ON a.id = b.account_id
       JOIN ledger.ledgers l ON l.id = a.ledger_id WHERE l.name = $1`,
      [name],
    )
    debits += sums?.debits ?? 0n
    credits += sums?.credits ?? 0n
  }
  const sent = results.reduce((total, { tally }) => total + tally.booked, 0)
  const moved = results.reduce((total, result) => total + result.moved, 0n)
  if (records !== sent || debits !== moved || credits !== moved)
    throw new Error(
      `${sent} postings of ${moved} were sent; ${records} of ${debits} and ${credits} are there`,
    )
}
