import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Database, type Logger, RequestError } from '@florin/kernel'
import { command, type Engine, type SnapshotCopy, words } from '@florin/orderbook'
import { digestOf } from '../engine.ts'
import type { Visit } from '../follower/replay.ts'
import { type WaitingCommand, waitingCommands } from '../store/inbox.ts'
import { appendBatch, commandBytes } from '../store/journal.ts'
import type { MarketRecord } from '../store/markets.ts'
import { writeSnapshot } from '../store/snapshots.ts'
import { type Block, BlockWriter, copyWords, type Results } from './blocks.ts'
import type { MicrosecondClock } from './clock.ts'
import { RecentBlocks } from './recent-blocks.ts'
import { Answers, Submission, SubmissionQueue } from './submissions.ts'

export interface SequencerLimits {
  /** Commands that wait at most; further ones are refused at once. */
  readonly queued: number
  /** Commands of a group commit at most. */
  readonly batch: number
  /** Of these, commands that came through the inbox; the rest is what one submission may have. */
  readonly fromInbox: number
  /** Words of memory for blocks that can be asked for again. */
  readonly recentWords: number
  /** A snapshot is taken after so many commands … */
  readonly snapshotCommands: number
  /** … or this long after the last one, if there was any command. */
  readonly snapshotMs: number
  /** Taking one stops the market; it is put off until it takes at most this share of the time since the last one. */
  readonly snapshotShare: number
}

export const defaultSequencerLimits: SequencerLimits = {
  queued: 200_000,
  batch: 8_192,
  fromInbox: 2_048,
  recentWords: 16 * 1024 * 1024,
  snapshotCommands: 2_000_000,
  snapshotMs: 60_000,
  snapshotShare: 1 / 400,
}

export interface SequencerOptions {
  readonly database: Database
  readonly log: Logger
  readonly market: MarketRecord
  /** In the state after the last command of the journal. */
  readonly engine: Engine
  readonly epoch: bigint
  /** Microseconds since 1970 of the last command of the journal. */
  readonly lastTime: number
  readonly clock: MicrosecondClock
  /** Milliseconds for pauses between snapshots; never falling. */
  readonly elapsedMs: () => number
  readonly limits?: Partial<SequencerLimits>
  /** Called once when the market is no longer this sequencer's. */
  readonly onLost: (why: unknown) => void
}

/** The market is not, or no longer, run by this process. */
export class MarketLost extends Error {
  override readonly name = 'MarketLost'
  /** Whether the commands may have been carried out nevertheless: then only the journal knows. */
  readonly unknown: boolean

  constructor(market: string, unknown: boolean, options?: ErrorOptions) {
    super(`The market ${market} is run by another process, or by none at present`, options)
    this.unknown = unknown
  }
}

/**
 * Puts the commands of one market into their order: journals them in group commits, carries them out, and publishes what
 * came of them, in this order, so that nothing is ever known outside that could be undone. One commit is under way at a
 * time; what comes meanwhile goes with the next one.
 *
 * Whatever goes wrong with a commit, the market is lost: what became of it is read from the database by whoever takes
 * the market over, this process included.
 */
export class Sequencer {
  readonly market: MarketRecord
  readonly epoch: bigint
  readonly #options: SequencerOptions
  readonly #limits: SequencerLimits
  readonly #writer = new BlockWriter()
  readonly #recent: RecentBlocks
  readonly #sinks = new Set<(block: Block) => void>()
  readonly #queue = new SubmissionQueue()
  readonly #answers = new Answers()
  #lastTime: number
  #inboxDue = true
  #state: 'running' | 'stopping' | 'lost' = 'running'
  #pumping: Promise<void> | undefined
  #snapshot: { seq: number; at: number; tookMs: number; writing: Promise<void> | undefined }

  constructor(options: SequencerOptions) {
    this.market = options.market
    this.epoch = options.epoch
    this.#options = options
    this.#limits = { ...defaultSequencerLimits, ...options.limits }
    this.#recent = new RecentBlocks(this.#limits.recentWords)
    this.#lastTime = options.lastTime
    this.#snapshot = { seq: options.engine.sequence, at: options.elapsedMs(), tookMs: 0, writing: undefined }
  }

  /** The engine as it is after the last published command; to be looked at, never to be changed. */
  get engine(): Engine {
    return this.#options.engine
  }

  get lost(): boolean {
    return this.#state === 'lost'
  }

  /** Commands that wait for a commit. */
  get queued(): number {
    return this.#queue.commands
  }

  /**
   * Has commands carried out, one after another and with nothing between them; their times are given here. Resolves once
   * they are durable and done, with their records, which are to be read at once. The words must stay as they are until then.
   *
   * @throws RequestError `overloaded`: the queue is full, nothing was done. MarketLost
   */
  submit(commands: Int32Array, count = commands.length / words): Promise<Results> {
    if (this.#state !== 'running') return Promise.reject(new MarketLost(this.market.code, false))
    const most = this.#limits.batch - this.#limits.fromInbox
    if (count < 1 || count > most || count * words > commands.length)
      return Promise.reject(new RangeError(`A submission has 1 to ${most} commands, not ${count}`))
    if (this.#queue.commands + count > this.#limits.queued)
      return Promise.reject(new RequestError('overloaded', 'The market’s queue is full; nothing was done', 1))
    return new Promise((resolve, reject) => {
      this.#queue.add(new Submission(commands, count, this.#options.clock.now(), resolve, reject))
      this.#pump()
    })
  }

  /** Called whenever commands may wait in the inbox. */
  nudge(): void {
    this.#inboxDue = true
    this.#pump()
  }

  /** Calls `sink` with every block from now on; returns what ends it. A sink must be quick, and do what takes time later. */
  subscribe(sink: (block: Block) => void): () => void {
    this.#sinks.add(sink)
    return () => this.#sinks.delete(sink)
  }

  /**
   * Shows every command after `after`, up to `until` if given, from memory; false where a follower must be asked, since it is
   * too long ago.
   */
  since(after: number, visit: Visit, until = Number.MAX_SAFE_INTEGER): boolean {
    return after >= this.engine.sequence || this.#recent.since(after, visit, until)
  }

  /** Resolves once what is queued was carried out and a snapshot that was begun is kept, or could not be. */
  async settled(): Promise<void> {
    await this.#pumping
    await this.#snapshot.writing
  }

  /** Ends with what is queued carried out and, where anything happened, a snapshot. */
  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopping'
    await this.settled()
    if (this.#state === 'stopping') {
      this.#takeSnapshot()
      await this.#snapshot.writing
      this.lose(new Error('stopped'))
    }
  }

  /** Gives the market up: somebody else has it, or what became of a commit is unknown. */
  lose(why: unknown, unknown: readonly Submission[] = []): void {
    if (this.#state === 'lost') return
    this.#state = 'lost'
    for (const { reject } of unknown) reject(new MarketLost(this.market.code, true, { cause: why }))
    for (const { reject } of this.#queue.takeAll())
      reject(new MarketLost(this.market.code, false, { cause: why }))
    this.#options.onLost(why)
  }

  /** To be called now and then: a market that rests keeps a snapshot of its last command, too. */
  rest(): void {
    const { seq, at, tookMs } = this.#snapshot
    const { snapshotCommands, snapshotMs, snapshotShare } = this.#limits
    const passedMs = this.#options.elapsedMs() - at
    const due = this.engine.sequence - seq >= snapshotCommands || passedMs >= snapshotMs
    if (due && tookMs <= passedMs * snapshotShare && this.#state === 'running') this.#takeSnapshot()
  }

  #pump(): void {
    if (this.#pumping !== undefined || this.#state === 'lost') return
    this.#pumping = this.#run().finally(() => {
      this.#pumping = undefined
      // What came between the last look at the queue and this line.
      if (this.#queue.commands > 0 || (this.#inboxDue && this.#state === 'running')) this.#pump()
    })
  }

  async #run(): Promise<void> {
    // Whoever submits in the same turn goes with the same commit.
    await Promise.resolve()
    while (this.#state !== 'lost') {
      let submissions: readonly Submission[] = []
      try {
        const inbox = await this.#takeInbox()
        submissions = this.#queue.take(this.#limits.batch - inbox.length)
        if (inbox.length + submissions.length === 0) return
        await this.#commit(inbox, submissions)
      } catch (error) {
        this.lose(error, submissions)
      }
    }
  }

  async #takeInbox(): Promise<readonly WaitingCommand[]> {
    if (!this.#inboxDue || this.#state !== 'running') return []
    this.#inboxDue = false
    const { fromInbox } = this.#limits
    const waiting = await waitingCommands(this.#options.database, this.market.id, fromInbox)
    if (waiting.length === fromInbox) this.#inboxDue = true
    return waiting
  }

  /** Journals, carries out and publishes one batch: what came through the inbox, then what was submitted. */
  async #commit(inbox: readonly WaitingCommand[], submissions: readonly Submission[]): Promise<void> {
    const { database, market, engine } = this.#options
    const count = submissions.reduce((sum, submission) => sum + submission.count, inbox.length)
    const commands = this.#recent.take(count * words)
    this.#fill(commands, inbox, submissions)
    const after = engine.sequence
    const written = await appendBatch(database, market.id, {
      epoch: this.epoch,
      after,
      count,
      lastTime: this.#lastTime,
      commands,
      digest: digestOf(engine),
      taken: inbox.map(({ id }, i) => ({ inboxId: id, seq: after + i + 1 })),
    })
    if (!written) throw new Error(`The market ${market.code} was taken over`)
    this.#publish(this.#writer.carryOut(engine, commands, count, this.#recent), inbox.length, submissions)
    this.rest()
  }

  /** The commands one after another, each with the time when it came; the times of a market never fall. */
  #fill(commands: Int32Array, inbox: readonly WaitingCommand[], submissions: readonly Submission[]): void {
    const bytes = new Uint8Array(commands.buffer, commands.byteOffset, commands.byteLength)
    for (const [i, { command }] of inbox.entries()) bytes.set(command, i * commandBytes)
    let at = inbox.length * words
    this.#stamp(commands, 0, at, submissions[0]?.time ?? this.#options.clock.now())
    for (const submission of submissions) {
      const end = at + submission.count * words
      copyWords(submission.words, end - at, commands, at)
      this.#stamp(commands, at, end, submission.time)
      at = end
    }
  }

  #stamp(commands: Int32Array, from: number, to: number, time: number): void {
    this.#lastTime = Math.max(this.#lastTime, time)
    const low = this.#lastTime | 0
    const high = Math.floor(this.#lastTime / 0x1_0000_0000)
    for (let i = from; i < to; i += words) {
      commands[i + command.timeLow] = low
      commands[i + command.timeHigh] = high
    }
  }

  /**
   * Subscribers are told in the same turn as the engine went on; those who submitted are answered a turn later, once the
   * next commit is under way, and before subscribers that wait for the next turn go on.
   */
  #publish(block: Block, offset: number, submissions: readonly Submission[]): void {
    this.#recent.add(block)
    this.#answers.add(block, block.firstSeq + offset, submissions)
    for (const sink of this.#sinks) {
      try {
        sink(block)
      } catch (error) {
        this.#options.log.error({ err: error, market: this.market.code }, 'a subscriber of a market failed')
      }
    }
  }

  /** The state is copied at once; packing and writing it go on beside the market. */
  #takeSnapshot(): void {
    const { database, elapsedMs, engine, log, market } = this.#options
    if (this.#snapshot.writing !== undefined || engine.sequence === this.#snapshot.seq) return
    const startedMs = elapsedMs()
    const seq = engine.sequence
    const digest = digestOf(engine)
    const copy = engine.copy()
    this.#snapshot.seq = seq
    this.#snapshot.at = elapsedMs()
    this.#snapshot.tookMs = this.#snapshot.at - startedMs
    this.#snapshot.writing = sealed(copy)
      .then((state) => writeSnapshot(database, market.id, { seq, digest, state }))
      .catch((error: unknown) =>
        log.warn(
          { err: error, market: market.code },
          'a snapshot could not be kept; the next one will be tried',
        ),
      )
      .finally(() => {
        this.#snapshot.writing = undefined
      })
  }
}

/** Records of 64 bytes whose digest is worked out between two turns of the market: some hundred microseconds. */
const sealedAtOnce = 16_384

async function sealed(copy: SnapshotCopy): Promise<Uint8Array> {
  while (!copy.advance(sealedAtOnce)) await nextTurn()
  return copy.finish()
}
