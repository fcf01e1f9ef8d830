import type { Database } from '@florin/kernel'
import { openAdmin, openBooks, verifyBooks } from '../lib/books.ts'
import { describeMachine } from '../lib/machine.ts'
import type { Bench, Report, Table } from '../lib/section.ts'
import { timed } from '../lib/statistics.ts'
import { Subject } from '../lib/subject.ts'
import { give, percent, whole } from '../lib/table.ts'
import { createLimit } from '../posting/limit.ts'
import { type Figure, ledger, postersOf, takeTurns } from '../posting/measure.ts'
import { pairsOf, type Scenario, uniformOver } from '../posting/scenarios.ts'
import { fillBooks } from './fill.ts'
import { measureReads, type Reads, readTables } from './reads.ts'

interface Stage {
  /** Postings in the ledger when it was filled. */
  readonly postings: number
  /** What went before: the first write of a page after a checkpoint writes all of it to the log. */
  readonly since: 'checkpoint' | 'settled'
  readonly figures: readonly Figure[]
}

interface Grown {
  readonly stages: readonly Stage[]
  readonly fill_s: number
  readonly verify_s: number
  readonly reads: Reads
  readonly report: Pick<Report, 'machine'>
}

/** Posting to a ledger that grows. */
export async function growthSection(bench: Bench): Promise<Report> {
  const { stages, fill_s, verify_s, report } = await grown(bench)
  return {
    about: [
      `Posting to one ledger of ${whole(sizesOf(bench).accounts)} accounts while it grows; filled in ${whole(fill_s)} s, verified in ${whole(verify_s)} s.`,
      'Limit: the same rows made inside PostgreSQL, in tables that stay small. To empty: the ratio against the ratio at first.',
      'Right after a checkpoint almost every posting is the first to touch its pages of the indexes, which go to the log as a',
      'whole; settled is after many more postings, as a ledger is for all but the first moments of a checkpoint of 15 minutes.',
    ],
    tables: [growthTable(stages)],
    ...report,
    data: { stages, fill_s, verify_s },
  }
}

/** Reading from that ledger. */
export async function readsSection(bench: Bench): Promise<Report> {
  const { reads, stages, report } = await grown(bench)
  return {
    about: [
      `Reads of random accounts, one after the other, at ${whole(stages.at(-1)?.postings ?? 0)} postings; milliseconds. \`query\`: on a snapshot of its own;`,
      '`engine`: validated, authorised and through the gate. Limit: the bare statement for one balance. Naive: adding up postings.',
    ],
    tables: readTables(reads),
    ...report,
    data: reads,
  }
}

const runs = new WeakMap<Bench, Promise<Grown>>()

/** Both sections look at the same books, which take long to fill. */
function grown(bench: Bench): Promise<Grown> {
  const known = runs.get(bench)
  if (known !== undefined) return known
  const run = bench.server().then((server) => server.withDatabase('florin', (url) => grow(bench, url)))
  runs.set(bench, run)
  return run
}

function sizesOf({ options: { short, large } }: Bench): { accounts: number; stages: number[] } {
  if (short) return { accounts: 1_000, stages: [20_000] }
  return { accounts: 100_000, stages: large ? [1_000_000, 10_000_000] : [1_000_000] }
}

async function grow(bench: Bench, url: string): Promise<Grown> {
  const { accounts, stages: wanted } = sizesOf(bench)
  const size = bench.options.short ? 1_000 : 8_000
  const scenario = uniformOver(accounts, [
    { size, mode: 'post' },
    { size, mode: 'batch' },
  ])
  const admin = openAdmin(url)
  const subject = new Subject(url)
  try {
    await openBooks(subject, admin, { ledger, accounts })
    await createLimit(admin, scenario, pairsOf(scenario, 262_144))
    const stage = (postings: number, since: Stage['since']): Promise<Stage> =>
      measureStage(bench, admin, subject, scenario, { postings, since })
    const stages = [await stage(0, 'settled')]
    let [filled, fill_s] = [0, 0]
    for (const postings of wanted) {
      bench.progress(`growth: filling up to ${whole(postings)} postings`)
      fill_s += await timed(() => fillBooks(admin, ledger, postings - filled))
      filled = postings
      stages.push(await stage(postings, 'checkpoint'))
      bench.progress(`growth: settling at ${whole(postings)} postings`)
      await settle(subject, scenario, postings)
      stages.push(await stage(postings, 'settled'))
    }
    const reads = await measureReads(bench, admin, subject, accounts)
    bench.progress('growth: verifying')
    const verify_s = await timed(() => verifyBooks(url))
    const machine = await describeMachine(admin, new Date())
    return { stages, fill_s, verify_s, reads, report: { machine } }
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

async function measureStage(
  bench: Bench,
  admin: Database,
  subject: Subject,
  scenario: Scenario,
  { postings, since }: Omit<Stage, 'figures'>,
): Promise<Stage> {
  bench.progress(`growth: posting at ${whole(postings)} postings, ${since}`)
  const size = scenario.cases[0]?.size ?? 1
  const pairs = pairsOf(scenario, 262_144)
  const posters = postersOf(scenario, pairs, subject, size, `${since}-${postings}`)
  const figures = await takeTurns(
    { scenario, admin, baseline: undefined, size, posters },
    bench.options.short,
  )
  for (const poster of posters.values()) poster.check()
  return { postings, since, figures }
}

/** Posts until most pages of the indexes were touched since the checkpoint: about 25 postings to a page of three indexes. */
async function settle(subject: Subject, scenario: Scenario, postings: number): Promise<void> {
  const size = scenario.cases[0]?.size ?? 1
  const pairs = pairsOf(scenario, 262_144)
  const poster = postersOf(scenario, pairs, subject, size, `settling-${postings}`).get('batch')
  if (poster === undefined) throw new Error(`${scenario.name} has no batches`)
  await poster.run('batch', Math.ceil(Math.min(postings / 2, 480_000) / size), size)
  poster.check()
}

function growthTable(stages: readonly Stage[]): Table {
  const ratio = (figure: Figure | undefined): number =>
    figure === undefined ? Number.NaN : figure.perSecond.median / figure.limit.median
  return {
    texts: 2,
    columns: ['mode', 'since', 'postings before', 'per s', '', 'limit', '', 'ratio', 'to empty'],
    rows: stages.flatMap(({ postings, since, figures }) =>
      figures.map((figure, i) => [
        `${figure.mode} ${whole(figure.batch)}`,
        since,
        whole(postings),
        whole(figure.perSecond.median),
        give(figure.perSecond),
        whole(figure.limit.median),
        give(figure.limit),
        percent(ratio(figure)),
        percent(ratio(figure) / ratio(stages[0]?.figures[i])),
      ]),
    ),
  }
}
