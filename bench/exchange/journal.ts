import { Follower } from '@florin/exchange'
import type { Database } from '@florin/kernel'
import { openAdmin } from '../lib/books.ts'
import { describeMachine, type Machine } from '../lib/machine.ts'
import type { Bench, Table } from '../lib/section.ts'
import { type Latency, latencyOf, type Spread, spreadOf, timed } from '../lib/statistics.ts'
import { give, latencyCells, latencyColumns, percent, whole } from '../lib/table.ts'
import { measureFloor } from './floor.ts'
import { type RunningMarket, withMarket } from './market.ts'
import { Sender, together } from './sender.ts'
import { shapes, streamOf } from './shapes.ts'
import type { Stream } from './stream.ts'

/** Commands of a row of the limit: as many as the sequencer writes into one. */
const rowCommands = 8_192
/** Commands a second that an exchange should take with a p99 below five milliseconds. */
const aimedAt = 300_000
/** 16 MB each. A server that has run for a while has files of its log to use again; a new one makes each when it gets there. */
const logFiles = 48

export interface Load {
  readonly name: string
  readonly perSecond: Spread
  /** From sending commands, or from when they were due, to their published result. */
  readonly latency: Latency
}

export interface JournalFigures {
  readonly loads: readonly Load[]
  /** Pieces that fall due as often as is aimed at, written to a file and synced. */
  readonly floor: Latency
  /** Commands a second where the same rows are written by nobody who thinks. */
  readonly limit: Spread
  readonly machine: Machine
}

/** The whole sequencer: journalled durably, carried out with every check, published. */
export async function measureJournal(bench: Bench): Promise<JournalFigures> {
  const { short } = bench.options
  const server = await bench.server()
  return server.withDatabase('empty', async (url) => {
    const admin = openAdmin(url)
    try {
      bench.progress('exchange: making the stream to journal')
      const runs = short ? 1 : 5
      const each = short ? 4_000 : 250_000
      const [mixed] = shapes
      if (mixed === undefined) throw new Error('There is no stream')
      const stream = streamOf(mixed, '+ digest', short ? each * 6 : 3_900_000)
      await prepareLog(admin, short ? 1 : logFiles)
      let loads: readonly Load[] = []
      await withMarket(url, stream.config, async (running) => {
        loads = await measureLoads(bench, running, stream, runs, each)
        await checkJournal(running, stream)
      })
      bench.progress('exchange: the limit of journalling')
      const limit = await measureLimit(admin, stream, runs, each)
      const floor = await measureFloor(together, aimedAt, short ? 0.1 : 4)
      return { loads, floor, limit, machine: await describeMachine(admin, new Date()) }
    } finally {
      await admin.close()
    }
  })
}

/** Fills files of the log, and has the server keep them to be used again. */
async function prepareLog(admin: Database, files: number): Promise<void> {
  for (let n = 0; n < files; n++) {
    await admin.query(`SELECT pg_logical_emit_message(false, 'florin', 'a file of the log')`)
    await admin.query('SELECT pg_switch_wal()')
  }
  await admin.query('CHECKPOINT')
}

async function measureLoads(
  bench: Bench,
  { sequencer }: RunningMarket,
  stream: Stream,
  runs: number,
  each: number,
): Promise<Load[]> {
  const sender = new Sender(sequencer, stream)
  bench.progress('exchange: filling the journalled book')
  await sender.flatOut(stream.prepared)
  bench.progress('exchange: journalled, as much as it takes')
  await sender.flatOut(each)
  const full = await measureLoad(sender, 'as much as it takes', runs, () => sender.flatOut(each))
  const loads = [full]
  const paced = async (perSecond: number, times: number, commands: number): Promise<void> => {
    const name = `${whole(perSecond)} a second`
    bench.progress(`exchange: journalled, ${name}`)
    loads.push(await measureLoad(sender, name, times, () => sender.paced(commands, perSecond)))
  }
  const some = Math.ceil(runs / 2)
  await paced(full.perSecond.median / 2, some, each)
  if (!bench.options.short) await paced(aimedAt, some, 1.6 * each)
  await paced(full.perSecond.median / 8, some, each / 2)
  await sender.flatOut(stream.count - sender.sent)
  return loads
}

async function measureLoad(
  sender: Sender,
  name: string,
  runs: number,
  run: () => Promise<number>,
): Promise<Load> {
  sender.takeSamples()
  const reached: number[] = []
  for (let n = 0; n < runs; n++) {
    let commands = 0
    const seconds = await timed(async () => {
      commands = await run()
    })
    reached.push(commands / seconds)
  }
  return { name, perSecond: spreadOf(reached), latency: latencyOf(sender.takeSamples()) }
}

/** The journal must hold every command, and come to the same state as the engine that was measured. */
async function checkJournal({ subject, market, sequencer }: RunningMarket, stream: Stream): Promise<void> {
  const follower = Follower.fromStart(market)
  const read = await follower.read(subject.database, stream.count + 1)
  if (read !== stream.count || sequencer.engine.sequence !== stream.count)
    throw new Error(`${stream.count} commands were sent; ${read} are journalled`)
  if (follower.engine.digest() !== sequencer.engine.digest())
    throw new Error('The journal does not come to the state of the market')
}

/** Rows of the same bytes, as many in a row as the sequencer takes at most, one commit after another. */
async function measureLimit(
  admin: Database,
  { commands }: Stream,
  runs: number,
  each: number,
): Promise<Spread> {
  await admin.query('CREATE TABLE exchange.limit_journal (LIKE exchange.journal INCLUDING ALL)')
  const bytes = Buffer.from(commands.buffer, commands.byteOffset, commands.byteLength)
  const digest = Buffer.alloc(8)
  let seq = 0
  const write = async (count: number): Promise<void> => {
    for (const end = seq + count; seq < end; ) {
      const row = Math.min(rowCommands, end - seq)
      await admin.query(
        `INSERT INTO exchange.limit_journal (market_id, first_seq, last_seq, epoch, commands, digest) VALUES (1, $1, $2, 1, $3, $4)`,
        [seq + 1, seq + row, bytes.subarray(seq * 64, (seq + row) * 64), digest],
      )
      seq += row
    }
  }
  await write(each)
  const reached: number[] = []
  for (let run = 0; run < runs; run++) reached.push(each / (await timed(() => write(each))))
  return spreadOf(reached)
}

export function journalTable({ loads, floor, limit }: JournalFigures): Table {
  return {
    title: `Journalled in PostgreSQL, ${together} commands at a time; limit ${whole(limit.median)} a second ${give(limit)}`,
    texts: 1,
    columns: ['load', 'per s', '', 'limit', ...latencyColumns],
    rows: [
      ...loads.map(({ name, perSecond, latency }) => [
        name,
        whole(perSecond.median),
        give(perSecond),
        percent(perSecond.median / limit.median),
        ...latencyCells(latency),
      ]),
      [`floor: ${whole(aimedAt)} a second to a file`, '', '', '', ...latencyCells(floor)],
    ],
  }
}
