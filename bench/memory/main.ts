import { startEmbedded } from '@florin/postgres'
import { Connection } from '../http/client.ts'
import type { Load, LoadResult } from '../http/load.ts'
import { openAdmin, openBooks, verifyBooks } from '../lib/books.ts'
import { type FlorinServer, startFlorin, withDataFolder, withFlorin } from '../lib/florin-server.ts'
import { describeMachine, type Machine } from '../lib/machine.ts'
import { postgresPids, type Use, useOf } from '../lib/proc.ts'
import type { Bench, Report, Table } from '../lib/section.ts'
import { type Spread, spreadOf } from '../lib/statistics.ts'
import { Subject } from '../lib/subject.ts'
import { give, whole } from '../lib/table.ts'
import { Worker } from '../lib/worker.ts'

interface StartUps {
  /** Seconds: an empty folder, and one that was used before. */
  readonly first: Spread
  readonly again: Spread
}

interface Moment {
  readonly name: string
  readonly florin: Use
  readonly postgres: Use
}

interface Memory {
  readonly moments: readonly Moment[]
  readonly connections: number
  readonly kibPerConnection: number
}

/** What a Florin costs before it does anything, and after it did. */
export async function memorySection(bench: Bench): Promise<Report> {
  const runs = bench.options.short ? 1 : 5
  bench.progress('memory: start-up')
  const florin = await startUps(runs, async (folder) => {
    const server = await startFlorin(folder)
    return { seconds: server.startup_s, stop: server.stop }
  })
  const postgres = await startUps(runs, async (folder) => {
    const started = performance.now()
    const server = await startEmbedded({ dataDir: folder })
    return { seconds: (performance.now() - started) / 1_000, stop: server.stop }
  })
  const { memory, machine } = await withDataFolder((folder) =>
    withFlorin(folder, (running) => measureMemory(bench, running)),
  )
  return {
    about: [
      'Start-up: from the start of the process to the first answer. Limit: creating and starting PostgreSQL alone.',
      'Memory of a `florin serve` and its PostgreSQL. RSS counts shared pages in each process, PSS in part; in MiB.',
    ],
    tables: [startUpTable(florin, postgres), ...memoryTables(memory)],
    machine,
    data: { startup: { florin, postgres }, memory },
  }
}

async function startUps(
  runs: number,
  start: (folder: string) => Promise<{ readonly seconds: number; stop(): Promise<void> }>,
): Promise<StartUps> {
  const seconds: { first: number[]; again: number[] } = { first: [], again: [] }
  for (let run = 0; run < runs; run++)
    await withDataFolder(async (folder) => {
      for (const which of ['first', 'again'] as const) {
        const started = await start(folder)
        seconds[which].push(started.seconds)
        await started.stop()
      }
    })
  return { first: spreadOf(seconds.first), again: spreadOf(seconds.again) }
}

async function measureMemory(
  bench: Bench,
  florin: FlorinServer,
): Promise<{ memory: Memory; machine: Machine }> {
  const admin = openAdmin(florin.adminUrl)
  const subject = new Subject(florin.adminUrl)
  try {
    const moments: Moment[] = []
    const note = async (name: string): Promise<Moment> => {
      const [own, database] = [await useOf([florin.pid]), await useOf(await postgresPids(admin))]
      if (own === undefined || database === undefined)
        throw new Error('Memory is read from /proc, which only Linux has')
      const moment = { name, florin: own, postgres: database }
      moments.push(moment)
      return moment
    }
    await note('at rest')
    const connections = bench.options.short ? 200 : 2_000
    bench.progress(`memory: ${whole(connections)} idle connections`)
    const kibPerConnection = await idleConnections(florin, connections, note)
    await openBooks(subject, admin, { ledger: 'bench', accounts: 10_000 })
    bench.progress('memory: under load')
    await load(bench, florin)
    await note('after a load of single postings')
    await verifyBooks(florin.adminUrl)
    return {
      memory: { moments, connections, kibPerConnection },
      machine: await describeMachine(admin, new Date()),
    }
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

/** Opens connections that each ask once and then stay; gives what one costs Florin, in KiB. */
async function idleConnections(
  { url }: FlorinServer,
  count: number,
  note: (name: string) => Promise<Moment>,
): Promise<number> {
  const request = `GET /health/live HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`
  const ask = async (connection: Connection): Promise<void> => {
    const status = await connection.send(request)
    if (status !== 200) throw new Error(`A health check was answered with ${status}`)
  }
  const open: Connection[] = []
  const openMore = async (more: number): Promise<void> => {
    const opened = await Promise.all(Array.from({ length: more }, () => Connection.open(new URL(url))))
    open.push(...opened)
    for (const connection of opened) await ask(connection)
  }
  try {
    // What the first requests cost once is not counted to the connections.
    await openMore(Math.ceil(count / 10))
    const before = await note('after the first requests')
    await openMore(count)
    const after = await note(`with ${whole(open.length)} idle connections`)
    return ((after.florin.rss_mib - before.florin.rss_mib) * 1_024) / count
  } finally {
    for (const connection of open) connection.close()
  }
}

async function load(bench: Bench, { url, key }: FlorinServer): Promise<void> {
  const generator = new Worker<Load, LoadResult>(new URL('../http/generator.ts', import.meta.url))
  try {
    const run_s = bench.options.short ? 0.5 : 10
    const result = await generator.run({
      url,
      key,
      ledger: 'bench',
      connections: 64,
      size: 1,
      prefix: 'load',
      warmup_s: 0,
      run_s,
      runs: 1,
    })
    if (result.acknowledged === 0) throw new Error('Not one posting was acknowledged')
  } finally {
    await generator.stop()
  }
}

function startUpTable(florin: StartUps, postgres: StartUps): Table {
  const seconds = (value: number): string => value.toFixed(2)
  const row = (name: string, which: keyof StartUps): string[] => [
    name,
    seconds(florin[which].median),
    give(florin[which]),
    seconds(postgres[which].median),
    give(postgres[which]),
  ]
  return {
    texts: 1,
    columns: ['start-up', 'florin s', '', 'postgres s', ''],
    rows: [row('first, creating the database', 'first'), row('again', 'again')],
  }
}

function memoryTables({ moments, connections, kibPerConnection }: Memory): Table[] {
  return [
    {
      title: `An idle keep-alive connection costs Florin ${kibPerConnection.toFixed(1)} KiB (measured over ${whole(connections)})`,
      texts: 1,
      columns: ['memory, MiB', 'florin RSS', 'PSS', 'postgres RSS', 'PSS'],
      rows: moments.map(({ name, florin, postgres }) => [
        name,
        ...[florin.rss_mib, florin.pss_mib, postgres.rss_mib, postgres.pss_mib].map(whole),
      ]),
    },
  ]
}
