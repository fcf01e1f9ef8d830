import { eachResult, Follower, type Results, type Sequencer } from '@florin/exchange'
import type { Database } from '@florin/kernel'
import { answer, words } from '@florin/orderbook'
import { openAdmin } from '../lib/books.ts'
import { describeMachine, type Machine } from '../lib/machine.ts'
import type { Bench, Table } from '../lib/section.ts'
import { type Latency, latencyOf, type Spread, spreadOf, timed } from '../lib/statistics.ts'
import { give, latencyCells, latencyColumns, percent, whole } from '../lib/table.ts'
import { type RunningMarket, withMarket } from './market.ts'
import { shapes, streamOf } from './shapes.ts'
import type { Stream } from './stream.ts'

/** Commands that somebody sends at once. */
const together = 16
/** Commands under way at most where the market is sent as much as it takes. */
const underWay = 16_384
/** Commands of a row of the limit: as many as the sequencer writes into one. */
const rowCommands = 8_192

export interface Load {
  readonly name: string
  readonly perSecond: Spread
  /** From sending commands, or from when they were due, to their published result. */
  readonly latency: Latency
}

export interface JournalFigures {
  readonly loads: readonly Load[]
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
      const stream = streamOf(mixed, '+ digest', each * (2 * runs + 1))
      let loads: readonly Load[] = []
      await withMarket(url, stream.config, async (running) => {
        loads = await measureLoads(bench, running, stream, runs, each)
        await checkJournal(running, stream)
      })
      bench.progress('exchange: the limit of journalling')
      const limit = await measureLimit(admin, stream, runs, each)
      return { loads, limit, machine: await describeMachine(admin, new Date()) }
    } finally {
      await admin.close()
    }
  })
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
  const full = await sender.measure('as much as it takes', runs, () => sender.flatOut(each))
  const loads = [full]
  for (const share of [0.5, 0.25]) {
    const rate = full.perSecond.median * share
    const name = `${whole(rate)} a second`
    bench.progress(`exchange: journalled, ${name}`)
    loads.push(
      await sender.measure(name, Math.ceil(runs / 2), () => sender.paced(Math.floor(each / 2), rate)),
    )
  }
  await sender.flatOut(stream.count - sender.sent)
  return loads
}

/** Sends a stream in pieces and keeps how long each took. */
class Sender {
  readonly #sequencer: Sequencer
  readonly #stream: Stream
  #samples_ms: number[] = []
  sent = 0

  constructor(sequencer: Sequencer, stream: Stream) {
    this.#sequencer = sequencer
    this.#stream = stream
  }

  async measure(name: string, runs: number, run: () => Promise<number>): Promise<Load> {
    this.#samples_ms = []
    const reached: number[] = []
    for (let n = 0; n < runs; n++) {
      let commands = 0
      const seconds = await timed(async () => {
        commands = await run()
      })
      reached.push(commands / seconds)
    }
    return { name, perSecond: spreadOf(reached), latency: latencyOf(Float64Array.from(this.#samples_ms)) }
  }

  /** As many callers as there may be, each sends its next piece when the one before is answered. */
  async flatOut(commands: number): Promise<number> {
    const end = this.sent + commands
    const caller = async (): Promise<void> => {
      while (this.sent < end) await this.#send(performance.now(), end)
    }
    await Promise.all(Array.from({ length: underWay / together }, caller))
    return commands
  }

  /** Pieces fall due at even intervals, whatever comes back. */
  async paced(commands: number, perSecond: number): Promise<number> {
    const end = this.sent + commands
    const interval_ms = (together * 1_000) / perSecond
    const answers: Promise<void>[] = []
    let due = performance.now()
    while (this.sent < end) {
      for (; due <= performance.now() && this.sent < end; due += interval_ms)
        answers.push(this.#send(due, end))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(answers)
    return commands
  }

  async #send(since: number, end: number): Promise<void> {
    const count = Math.min(together, end - this.sent)
    const at = this.sent * words
    this.sent += count
    const results = await this.#sequencer.submit(
      this.#stream.commands.subarray(at, at + count * words),
      count,
    )
    this.#samples_ms.push(performance.now() - since)
    checkResults(results)
  }
}

function checkResults(results: Results): void {
  eachResult(results, (records, at) => {
    if (records[at + answer.reason] !== 0)
      throw new Error(`A command was refused with reason ${records[at + answer.reason]}`)
  })
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

export function journalTable({ loads, limit }: JournalFigures): Table {
  return {
    title: `Journalled in PostgreSQL, ${together} commands at a time; limit ${whole(limit.median)} a second ${give(limit)}`,
    texts: 1,
    columns: ['load', 'per s', '', 'limit', ...latencyColumns],
    rows: loads.map(({ name, perSecond, latency }) => [
      name,
      whole(perSecond.median),
      give(perSecond),
      percent(perSecond.median / limit.median),
      ...latencyCells(latency),
    ]),
  }
}
