import type { Database } from '@florin/kernel'
import { openAdmin, openBooks, recordsOf, verifyBooks } from '../lib/books.ts'
import type { Bench } from '../lib/section.ts'
import { type Spread, spreadOf, timed } from '../lib/statistics.ts'
import { Subject } from '../lib/subject.ts'
import { createLimit, runLimit } from './limit.ts'
import { Poster } from './poster.ts'
import { RowByRow } from './row-by-row.ts'
import { type Mode, type Pairs, pairsOf, type Scenario } from './scenarios.ts'

export const ledger = 'bench'
/** Rows of the baseline in one run; it is that slow. */
const baselineRows = 500

/** One line of the table: calls or postings a second. */
export interface Figure {
  readonly scenario: string
  readonly about: string
  readonly mode: Mode
  /** Calls in one database transaction. */
  readonly batch: number
  readonly perSecond: Spread
  readonly limit: Spread
  readonly baseline: Spread | undefined
}

/** All figures of a scenario, on a database of its own whose books are verified at the end. */
export async function measureScenario(bench: Bench, url: string, scenario: Scenario): Promise<Figure[]> {
  const admin = openAdmin(url)
  const subject = new Subject(url)
  try {
    await openBooks(subject, admin, { ledger, accounts: scenario.accounts })
    const pairs = pairsOf(scenario, bench.options.short ? 40_000 : 262_144)
    await createLimit(admin, scenario, pairs)
    const baseline = scenario.holds ? undefined : new RowByRow(admin, scenario, pairs)
    await baseline?.prepare()
    const figures: Figure[] = []
    let records = 0
    for (const size of new Set(scenario.cases.map((one) => one.size))) {
      bench.progress(`posting: ${scenario.name}, batches of ${size.toLocaleString('en-US')}`)
      const posters = postersOf(scenario, pairs, subject, size)
      figures.push(...(await takeTurns({ scenario, admin, baseline, size, posters }, bench.options.short)))
      for (const poster of posters.values()) {
        poster.check()
        records += poster.tally.booked + poster.tally.refused
      }
    }
    const found = await recordsOf(admin, ledger)
    if (found !== records)
      throw new Error(`${scenario.name} left ${found} records in the journal, not ${records}`)
    await verifyBooks(url)
    return figures
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

export function postersOf(
  scenario: Scenario,
  pairs: Pairs,
  subject: Subject,
  size: number,
  stage = 'posting',
): Map<Mode, Poster> {
  const modes = scenario.cases.filter((one) => one.size === size).map((one) => one.mode)
  const target = { subject, engine: subject.engine(size), ledger, size }
  return new Map(modes.map((mode) => [mode, new Poster(target, scenario, pairs, `${stage}-${mode}-${size}`)]))
}

interface Contest {
  readonly scenario: Scenario
  readonly admin: Database
  readonly baseline: RowByRow | undefined
  readonly size: number
  readonly posters: ReadonlyMap<Mode, Poster>
}

/** All contenders take turns, so that a slow moment of the machine hits all alike. */
export async function takeTurns(contest: Contest, short: boolean): Promise<Figure[]> {
  const { scenario, admin, baseline, size, posters } = contest
  const batches = batchesOf(size, short)
  const limits: number[] = []
  const baselines: number[] = []
  const reached = new Map<Mode, number[]>([...posters.keys()].map((mode) => [mode, []]))
  // What a call counts as: its postings, or for holds the hold and the settlement.
  const weight = scenario.holds ? 2 : scenario.postings
  // The first round warms up everything and does not count, unless it is the only one.
  for (let run = short ? 1 : 0; run <= (short ? 1 : 5); run++) {
    const keep = (figures: number[], count: number, seconds: number): void => {
      if (run > 0) figures.push((count * weight) / seconds)
    }
    keep(limits, batches * size, await timed(() => runLimit(admin, scenario, batches, size)))
    for (const [mode, poster] of posters)
      keep(reached.get(mode) ?? [], batches * size, await timed(() => poster.run(mode, batches, size)))
    if (baseline !== undefined) {
      const rows = Math.ceil((short ? 50 : baselineRows) / scenario.postings)
      const atOnce = Math.min(size, rows)
      const times = Math.ceil(rows / atOnce)
      keep(baselines, times * atOnce, await timed(() => baseline.run(times, atOnce)))
    }
  }
  return [...reached].map(([mode, speeds]) => ({
    scenario: scenario.name,
    about: scenario.about,
    mode,
    batch: size,
    perSecond: spreadOf(speeds),
    limit: spreadOf(limits),
    baseline: baseline === undefined ? undefined : spreadOf(baselines),
  }))
}

/** So many that a run takes about a second. */
function batchesOf(size: number, short: boolean): number {
  if (size === 1) return short ? 20 : 500
  if (size <= 50) return short ? 4 : 100
  if (size <= 1_000) return short ? 3 : 16
  return 8
}
