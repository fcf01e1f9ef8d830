import type { Db } from '@florin/kernel'
import { Engine } from '@florin/orderbook'
import { readJournal } from '../store/journal.ts'
import type { MarketRecord } from '../store/markets.ts'
import { readSnapshot } from '../store/snapshots.ts'
import { checkDigest, replayRow, type Visit } from './replay.ts'

/** Rows of the journal that are read at a time. */
const rowsAtOnce = 16

/**
 * A replica of a market's engine that reads the journal and shows each command with what came of it. It only reads, so
 * any number may follow a market, in any process.
 */
export class Follower {
  readonly market: MarketRecord
  /** As it is after the last command read; to be looked at, never to be changed. */
  readonly engine: Engine

  private constructor(market: MarketRecord, engine: Engine) {
    this.market = market
    this.engine = engine
  }

  /**
   * A follower that stands right after a command (0: before the first), made of the newest snapshot up to there and the
   * journal since.
   *
   * @throws JournalBroken; Error where the journal does not reach that far
   */
  static async open(db: Db, market: MarketRecord, after: number): Promise<Follower> {
    const follower = await Follower.fromNewestSnapshot(db, market, after)
    await follower.#reach(db, after)
    return follower
  }

  /**
   * A follower that stands where the newest usable snapshot was taken, at or before a command.
   *
   * @throws JournalBroken
   */
  static async fromNewestSnapshot(db: Db, market: MarketRecord, notAfter: number): Promise<Follower> {
    return new Follower(market, (await restored(db, market, notAfter)) ?? new Engine(market.config))
  }

  /** A follower that begins at the first command, whatever snapshots there are. */
  static fromStart(market: MarketRecord): Follower {
    return new Follower(market, new Engine(market.config))
  }

  /** Number of the last command read. */
  get seq(): number {
    return this.engine.sequence
  }

  /**
   * Reads on and shows each command; at most `limit` of them. Returns how many there were: fewer than `limit` means that
   * the journal ends there for now.
   *
   * @throws JournalBroken
   */
  async read(db: Db, limit: number, visit?: Visit): Promise<number> {
    let left = limit
    while (left > 0) {
      const rows = await readJournal(db, this.market.id, this.seq, rowsAtOnce)
      if (rows.length === 0) break
      for (const row of rows) {
        if (left === 0) break
        left -= replayRow(this.engine, row, left, visit)
      }
    }
    return limit - left
  }

  async #reach(db: Db, seq: number): Promise<void> {
    const missing = seq - this.seq
    if (missing > 0 && (await this.read(db, missing)) < missing)
      throw new Error(`The journal of ${this.market.code} ends at ${this.seq}, before ${seq}`)
  }
}

/**
 * The engine of the newest snapshot that this version can read, up to a command. A snapshot only spares work: without
 * one the journal is read from its beginning, and digests say whether it came to the same.
 *
 * @throws JournalBroken
 */
async function restored(db: Db, market: MarketRecord, notAfter: number): Promise<Engine | undefined> {
  for (let before = notAfter; ; ) {
    const snapshot = await readSnapshot(db, market.id, before)
    if (snapshot === undefined) return undefined
    const engine = snapshot.state === undefined ? undefined : engineOf(snapshot.state)
    if (engine !== undefined) {
      checkDigest(engine, snapshot.digest, 'the snapshot')
      return engine
    }
    before = snapshot.seq - 1
  }
}

function engineOf(state: Uint8Array): Engine | undefined {
  try {
    return Engine.restore(state)
  } catch (error) {
    // Written by another version, with other arrays.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
