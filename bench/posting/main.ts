import { openAdmin } from '../lib/books.ts'
import { describeMachine } from '../lib/machine.ts'
import type { BenchOptions } from '../lib/options.ts'
import type { Bench, Report, Table } from '../lib/section.ts'
import { give, percent, whole } from '../lib/table.ts'
import { type Figure, measureScenario } from './measure.ts'
import { profiled } from './profile.ts'
import { type Scenario, scenarioOf, scenariosOf } from './scenarios.ts'

/** Posting in process, through the real engine, on a durable embedded server. */
export async function postingSection(bench: Bench): Promise<Report> {
  const { profile } = bench.options
  return profile === undefined ? measureAll(bench) : profiled(profile, () => measureAll(bench))
}

async function measureAll(bench: Bench): Promise<Report> {
  const server = await bench.server()
  const figures: Figure[] = []
  for (const scenario of chosen(bench.options))
    figures.push(...(await server.withDatabase('florin', (url) => measureScenario(bench, url, scenario))))
  return {
    about: [
      'Posting in process, through the whole engine; postings a second. `post`: a command each, gathered; `batch`: one command.',
      'Limit: the same rows made inside PostgreSQL by set-based statements. Row by row: a statement each, no checks.',
      'Uniform: beside uniform-10k in the same mode and batch.',
    ],
    tables: [speeds(figures), legend(figures)],
    machine: await server.withDatabase('empty', async (url) => {
      const admin = openAdmin(url)
      return describeMachine(admin, new Date()).finally(() => admin.close())
    }),
    data: figures,
  }
}

function chosen({ short, scenarios: names }: BenchOptions): readonly Scenario[] {
  return names === undefined ? scenariosOf(short) : names.map((name) => scenarioOf(name, short))
}

function speeds(figures: readonly Figure[]): Table {
  return {
    texts: 2,
    columns: ['scenario', 'mode', 'batch', 'per s', '', 'limit', '', 'ratio', 'uniform', 'row by row'],
    rows: figures.map((figure) => {
      const { scenario, mode, batch, perSecond, limit, baseline } = figure
      return [
        scenario,
        mode,
        whole(batch),
        whole(perSecond.median),
        give(perSecond),
        whole(limit.median),
        give(limit),
        percent(perSecond.median / limit.median),
        percent(perSecond.median / uniformOf(figure, figures)),
        whole(baseline?.median ?? Number.NaN),
      ]
    }),
  }
}

/** What the same mode and batch reach where no account is special. */
function uniformOf({ mode, batch }: Figure, figures: readonly Figure[]): number {
  const twin = figures.find(
    (one) => one.scenario === 'uniform-10k' && one.mode === mode && one.batch === batch,
  )
  return twin?.perSecond.median ?? Number.NaN
}

function legend(figures: readonly Figure[]): Table {
  const abouts = new Map(figures.map(({ scenario, about }) => [scenario, about]))
  return { texts: 2, title: 'Scenarios', columns: ['scenario', 'what it does'], rows: [...abouts] }
}
