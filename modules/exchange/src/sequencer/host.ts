import type { Database, Logger, Session } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'
import { Follower } from '../follower/follower.ts'
import { JournalBroken, RulesDiffer } from '../follower/replay.ts'
import { beat, giveBack, type Head, readHeads, stopMarket, takeOver } from '../store/heads.ts'
import { inboxChannel, marketsWithWaiting } from '../store/inbox.ts'
import { marketOf } from '../store/markets.ts'
import type { MicrosecondClock } from './clock.ts'
import { spareMarking } from './collector.ts'
import { forgetOwner, setOwner } from './owners.ts'
import { Sequencer, type SequencerLimits } from './sequencer.ts'

export interface HostOptions {
  readonly database: Database
  readonly log: Logger
  readonly clock: MicrosecondClock
  /** Milliseconds since any fixed moment, never falling. */
  readonly elapsedMs: () => number
  /** Names this process. */
  readonly owner: string
  /** Where it answers over HTTP. */
  readonly address: string | undefined
  readonly limits?: Partial<SequencerLimits>
  /** An owner whose lock is gone is taken for dead once it was not heard of for so long. */
  readonly quietMs?: number
  /** An owner that was not heard of for so long is not waited for, whatever locks it holds. */
  readonly silentMs?: number
  /** Called when a market was lost and a round should come soon. */
  readonly onLost?: () => void
}

const defaultQuietMs = 2_500
const defaultSilentMs = 5_000

const lockOfMarket = `hashtextextended('florin.exchange.' || $1::text, 0)`

/**
 * Runs the markets that nobody else runs. Of all processes on a database one runs a market: a session lock tells the
 * others at once when its process is gone, and silence tells them when it only seems to be there; the epoch of the
 * market's head makes sure of it, whatever a process believes.
 */
export class MarketHost {
  readonly #options: HostOptions
  readonly #sequencers = new Map<bigint, Sequencer>()
  readonly #loading = new Map<bigint, Promise<void>>()
  readonly #locked = new Set<bigint>()
  /** Markets of another version of the rules, as they were last told. */
  readonly #foreign = new Map<bigint, number>()
  #session: Session | undefined
  #stopping = false

  constructor(options: HostOptions) {
    this.#options = options
    spareMarking()
  }

  sequencer(marketId: bigint): Sequencer | undefined {
    return this.#sequencers.get(marketId)
  }

  /**
   * One round: says that it lives, takes what is free, looks for what waits. To be called about once a second, one round
   * after another; a round that fails is made up for by the next one.
   */
  async round(): Promise<void> {
    if (this.#stopping) return
    await this.#listen()
    await this.#beat()
    for (const id of this.#sequencers.keys()) await this.#lock(id)
    await this.#takeFree()
    for (const id of await marketsWithWaiting(this.#options.database, [...this.#sequencers.keys()]))
      this.#sequencers.get(id)?.nudge()
    for (const sequencer of this.#sequencers.values()) sequencer.rest()
  }

  /** Resolves once every market that is being taken over is run, or was given up. */
  async settled(): Promise<void> {
    while (this.#loading.size > 0) await Promise.all(this.#loading.values())
  }

  /** Carries out what is queued, keeps a snapshot, and gives every market back. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.settled()
    const running = [...this.#sequencers.values()]
    await Promise.all(running.map((sequencer) => sequencer.stop()))
    const { database } = this.#options
    await Promise.all(running.map((sequencer) => giveBack(database, sequencer.market.id, sequencer.epoch)))
    this.#endSession()
  }

  /** The connection that holds the locks and hears what comes into inboxes. Without it no lock is held any more. */
  async #listen(): Promise<void> {
    try {
      if (this.#session !== undefined) {
        await this.#session.db.query('SELECT 1')
        return
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the connection that holds the markets was lost')
      this.#endSession()
    }
    const session = await this.#options.database.session()
    this.#session = session
    session.onNotification((_channel, payload) => {
      if (/^\d{1,18}$/.test(payload)) this.#sequencers.get(BigInt(payload))?.nudge()
    })
    await session.db.query(`LISTEN ${inboxChannel}`)
  }

  #endSession(): void {
    this.#session?.release()
    this.#session = undefined
    this.#locked.clear()
  }

  async #beat(): Promise<void> {
    const epochs = [...this.#sequencers.values()].map(({ market, epoch }) => ({ marketId: market.id, epoch }))
    const alive = await beat(this.#options.database, epochs)
    for (const { marketId, epoch } of epochs) {
      const sequencer = this.#sequencers.get(marketId)
      if (sequencer?.epoch === epoch && !alive.has(marketId))
        sequencer.lose(new Error(`The market ${sequencer.market.code} was taken over`))
    }
  }

  async #takeFree(): Promise<void> {
    for (const head of await readHeads(this.#options.database)) {
      if (this.#sequencers.has(head.marketId) || this.#loading.has(head.marketId)) continue
      if (head.stopped === undefined && this.#hasRules(head) && (await this.#isFree(head))) this.#take(head)
    }
  }

  /** A market of another version of the rules is left alone; what to do about it is said once. */
  #hasRules({ marketId, rules, lastSeq }: Head): boolean {
    if (rules === rulesVersion) return true
    if (this.#foreign.get(marketId) === rules) return false
    this.#foreign.set(marketId, rules)
    this.#options.log.error(
      { err: new RulesDiffer(`market ${marketId}`, rules, lastSeq), market: String(marketId) },
      'a market is not run here: its journal is of another version of the matching rules',
    )
    return false
  }

  /**
   * Nobody runs it, or whoever did is gone. A lock alone does not say so: it stays with a process that only sleeps, and
   * is missing to one that took the market from such a sleeper.
   */
  async #isFree(head: Head): Promise<boolean> {
    const { owner, quietMs = defaultQuietMs, silentMs = defaultSilentMs } = this.#options
    const isLocked = await this.#lock(head.marketId)
    if (head.owner === undefined || head.owner === owner) return isLocked || head.silentMs > silentMs
    if (head.silentMs > (isLocked ? quietMs : silentMs)) return true
    if (isLocked) await this.#unlock(head.marketId)
    return false
  }

  /** Whether this process holds the market's lock, now. */
  async #lock(marketId: bigint): Promise<boolean> {
    if (this.#session === undefined || this.#locked.has(marketId)) return this.#session !== undefined
    const [row] = await this.#session.db.query<{ held: boolean }>(
      `SELECT pg_try_advisory_lock(${lockOfMarket}) AS held`,
      [marketId],
    )
    if (row?.held === true) this.#locked.add(marketId)
    return row?.held === true
  }

  /** So that whoever runs the market gets it. */
  async #unlock(marketId: bigint): Promise<void> {
    this.#locked.delete(marketId)
    await this.#session?.db.query(`SELECT pg_advisory_unlock(${lockOfMarket})`, [marketId])
  }

  #take(head: Head): void {
    const loading = this.#run(head)
      .catch((error: unknown) =>
        this.#options.log.error(
          { err: error, market: String(head.marketId) },
          'a market could not be taken over',
        ),
      )
      .finally(() => this.#loading.delete(head.marketId))
    this.#loading.set(head.marketId, loading)
  }

  /** Raises the fence, brings the engine to where the journal ends, and runs the market. */
  async #run(seen: Head): Promise<void> {
    const { database, owner, address, clock, log } = this.#options
    const head = await takeOver(database, seen, { owner, address, clock: clock.source })
    if (head === undefined) return
    const market = await marketOf(database, head.marketId)
    try {
      const { engine } = await Follower.open(database, market, head.lastSeq)
      if (this.#stopping) return await giveBack(database, market.id, head.epoch)
      const sequencer: Sequencer = new Sequencer({
        ...this.#options,
        market,
        engine,
        epoch: head.epoch,
        lastTime: head.lastTime,
        onLost: (why) => this.#lost(sequencer, why),
      })
      this.#sequencers.set(market.id, sequencer)
      setOwner(database, market.id, sequencer)
      log.info(
        { market: market.code, epoch: String(head.epoch), seq: head.lastSeq },
        'a market was taken over',
      )
      sequencer.nudge()
    } catch (error) {
      if (!(error instanceof JournalBroken)) throw error
      log.fatal({ err: error, market: market.code }, 'a market is stopped: its journal is broken')
      await stopMarket(database, market.id, head.epoch, error.message)
    }
  }

  #lost(sequencer: Sequencer, why: unknown): void {
    const { database, log } = this.#options
    const { market } = sequencer
    this.#sequencers.delete(market.id)
    forgetOwner(database, market.id, sequencer)
    if (this.#stopping) return
    log.warn({ err: why, market: market.code }, 'a market is no longer run here')
    this.#options.onLost?.()
  }
}
