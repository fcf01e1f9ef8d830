import { openAdmin, openBooks, verifyBooks } from '../lib/books.ts'
import { type FlorinServer, withDataFolder, withFlorin } from '../lib/florin-server.ts'
import { describeMachine } from '../lib/machine.ts'
import type { Bench, Report, Table } from '../lib/section.ts'
import { Subject } from '../lib/subject.ts'
import { give, latencyCells, latencyColumns, percent, whole } from '../lib/table.ts'
import { createLimit } from '../posting/limit.ts'
import { RowByRow } from '../posting/row-by-row.ts'
import { pairsOf, scenarioOf } from '../posting/scenarios.ts'
import { type HttpCase, type HttpFigure, HttpRun } from './measure.ts'

const cases: readonly HttpCase[] = [
  { name: 'single, 64 connections', connections: 64, size: 1 },
  { name: 'single, 512 connections', connections: 512, size: 1 },
  { name: 'batches of 1,000, 4 connections', connections: 4, size: 1_000 },
]

/** Posting over HTTP: `florin serve`, its PostgreSQL and the load generator are processes of their own. */
export async function httpSection(bench: Bench): Promise<Report> {
  return withDataFolder((folder) => withFlorin(folder, (florin) => measure(bench, florin)))
}

async function measure(bench: Bench, florin: FlorinServer): Promise<Report> {
  const admin = openAdmin(florin.adminUrl)
  const subject = new Subject(florin.adminUrl)
  try {
    const scenario = scenarioOf('uniform-10k', bench.options.short)
    await openBooks(subject, admin, { ledger: 'bench', accounts: scenario.accounts })
    const pairs = pairsOf(scenario, 40_000)
    await createLimit(admin, scenario, pairs)
    await new RowByRow(admin, scenario, pairs).prepare()
    const run = await HttpRun.start(bench, florin, admin, scenario)
    const figures: HttpFigure[] = []
    try {
      for (const one of cases) figures.push(await run.measure(one))
      await run.check()
    } finally {
      await run.stop()
    }
    await verifyBooks(florin.adminUrl)
    return {
      about: [
        'Posting over HTTP, keyed, fsync on; postings a second and response times; load generator and servers share the cores.',
        'Limits: `rows`, the same rows made inside PostgreSQL, as many at once; `http`, bare node:http that parses and answers.',
        'Row by row: bare node:http with a row-at-a-time transaction a request. Open loop: half the peak, from when a request was due.',
      ],
      tables: [speeds(figures), latencies(figures), processors(figures)],
      machine: await describeMachine(admin, new Date()),
      data: figures,
    }
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

function speeds(figures: readonly HttpFigure[]): Table {
  return {
    texts: 1,
    columns: ['closed loop', 'per s', '', 'rows', 'ratio', 'http', 'ratio', 'row by row'],
    rows: figures.map(({ name, perSecond, rows, http, baseline }) => [
      name,
      whole(perSecond.median),
      give(perSecond),
      whole(rows.median),
      percent(perSecond.median / rows.median),
      whole(http.median),
      percent(perSecond.median / http.median),
      whole(baseline?.median ?? Number.NaN),
    ]),
  }
}

function latencies(figures: readonly HttpFigure[]): Table {
  return {
    title: 'Response times',
    texts: 2,
    columns: ['', 'loop', 'requests', ...latencyColumns, 'errors'],
    rows: figures.flatMap(({ name, closed, open }) =>
      [closed, open].map((result, i) => [
        name,
        i === 0 ? 'closed' : `open, ${whole(open.rate)}/s`,
        whole(result.latency.count),
        ...latencyCells(result.latency),
        whole(result.errors),
      ]),
    ),
  }
}

function processors(figures: readonly HttpFigure[]): Table {
  const shown = (used: number | undefined): string => (used === undefined ? '–' : used.toFixed(2))
  return {
    title: 'Processors used in the closed loop (1 is a whole one)',
    texts: 1,
    columns: ['', 'generator', 'florin', 'postgres'],
    rows: figures.map(({ name, cpu }) => [
      name,
      shown(cpu.generator),
      shown(cpu.florin),
      shown(cpu.postgres),
    ]),
  }
}
