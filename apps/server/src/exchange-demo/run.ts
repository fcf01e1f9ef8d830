import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { findMarket, MarketHost, type Sequencer } from '@florin/exchange'
import { createLog, errorCode, type Logger } from '@florin/kernel'
import { tick } from '@florin/orderbook'
import { write } from '../cli/output.ts'
import type { Config } from '../config.ts'
import { openProgram, type Program } from '../program.ts'
import { StopSignal } from '../stop-signal.ts'
import { closeBooks, completeDue, settleAll } from './closing.ts'
import { Desk } from './desk.ts'
import { diceOf } from './dice.ts'
import { bringIn, market, openEverything, people, worthAtFirst } from './opening.ts'
import { colours, noColours } from './paint.ts'
import { draw } from './picture.ts'
import { Simulation } from './simulation.ts'
import { Terminal } from './terminal.ts'

export interface DemoOptions {
  /** One picture at the end, without escapes, and as fast as it goes. */
  readonly plain: boolean
  readonly seed: number
  /** How long it trades. */
  readonly seconds: number
  /** How often in a second everybody acts. */
  readonly speed: number
}

const auctionSteps = 6
const settleEvery = 25

/** A market from its opening to its books. Whether everything held; undefined if it was interrupted. */
export async function runDemo(config: Config, options: DemoOptions): Promise<boolean | undefined> {
  const stop = new StopSignal()
  const log = createLog(config.logLevel === 'info' ? 'error' : config.logLevel, process.stderr)
  try {
    return await withFolder((folder) =>
      withProgram({ ...config, dataDir: folder }, log, stop, (program) =>
        withMarket(program, log, (desk, sequencer) => trade(desk, program, sequencer, options, stop)),
      ),
    )
  } catch (error) {
    // What fails because it was interrupted has nothing to tell.
    if (stop.signal.aborted) return undefined
    throw error
  } finally {
    stop.forget()
  }
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-demo-')))
  try {
    return await work(folder)
  } finally {
    // As root the cluster lies in a place that its user can reach; the folder says where.
    const elsewhere = await readFile(join(folder, 'postgres-location'), 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    })
    if (elsewhere !== undefined) await rm(elsewhere.trim(), { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function withProgram<T>(
  config: Config,
  log: Logger,
  stop: StopSignal,
  work: (program: Program) => Promise<T>,
): Promise<T> {
  const program = await openProgram({ ...config, databaseUrl: undefined, archive: undefined }, log, {
    onProgress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`${line}\n`)
    },
    log: (line) => log.warn(line),
    onLost: (error) => log.error({ err: error }, 'PostgreSQL is lost'),
    signal: stop.signal,
  })
  try {
    return await work(program)
  } finally {
    await program.http.stop(0)
    await program.store.stop()
  }
}

async function withMarket<T>(
  program: Program,
  log: Logger,
  work: (desk: Desk, sequencer: Sequencer) => Promise<T>,
): Promise<T> {
  const desk = new Desk(program)
  await openEverything(desk)
  const { id } = await findMarket(program.database, market)
  const host = new MarketHost({
    database: program.database,
    log,
    clock: {
      source: 'system clock, UTC, microseconds by a monotonic counter',
      now: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
    },
    elapsedMs: () => performance.now(),
    owner: `${hostname()}/${process.pid}/demo`,
    address: undefined,
  })
  try {
    await host.round()
    await host.settled()
    const sequencer = host.sequencer(id)
    if (sequencer === undefined) throw new Error('The market does not run')
    await bringIn(desk)
    await takeAll(program, sequencer)
    return await work(desk, sequencer)
  } finally {
    await host.stop()
  }
}

/** Resolves once everything that was sent through the inbox has been carried out. */
async function takeAll(program: Program, sequencer: Sequencer): Promise<void> {
  for (;;) {
    sequencer.nudge()
    await sequencer.submit(tick({ time: 0 }))
    const [waiting] = await program.database.query('SELECT FROM exchange.waiting LIMIT 1')
    if (waiting === undefined) return
  }
}

async function trade(
  desk: Desk,
  program: Program,
  sequencer: Sequencer,
  options: DemoOptions,
  { signal }: StopSignal,
): Promise<boolean | undefined> {
  const simulation = new Simulation(sequencer, people, worthAtFirst, diceOf(options.seed))
  const terminal = new Terminal(process.stdout)
  let trades = 0
  let step = 0
  const act = async (steps: number): Promise<void> => {
    for (let n = 0; n < steps && !signal.aborted; n++) {
      await simulation.step()
      if (++step % settleEvery === 0) trades += await settleAll(desk)
      if (options.plain) continue
      terminal.show(draw(simulation.scene(), colours))
      await sleep(1_000 / options.speed, undefined, { signal }).catch(() => undefined)
    }
  }
  try {
    await simulation.phase('openingAuction')
    await act(auctionSteps)
    await simulation.phase('continuous')
    await act(Math.ceil(options.seconds * options.speed))
    const open = simulation.scene()
    await simulation.phase('closingAuction')
    await act(auctionSteps)
    if (signal.aborted) return undefined
    await simulation.phase('closed')
    await simulation.endDay()
    trades += await settleAll(desk)
    await takeAll(program, sequencer)
    trades += await settleAll(desk)
    terminal.close()
    const paint = options.plain ? noColours : colours
    // The day's end emptied the book: shown is what it was before.
    const { bids, asks, orders } = open
    await write(`${draw({ ...simulation.scene(), bids, asks, orders }, paint).join('\n')}\n\n`)
    const settled = await completeDue(desk)
    const { text, ok } = await closeBooks(desk, simulation.positions(), { booked: trades, settled })
    await write(`${text}\nA market of your own: docs/exchange.md\n`)
    return ok
  } finally {
    terminal.close()
    simulation.stop()
  }
}
