import type { Db } from '@florin/kernel'
import { type MarketEngine, newEngine, restoreEngine } from '../engine.ts'
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
  readonly engine: MarketEngine

  private constructor(market: MarketRecord, engine: MarketEngine) {
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
    const snapshot = await readSnapshot(db, market.id, after)
    const engine = snapshot === undefined ? newEngine(market.config) : restoreEngine(snapshot.state)
    if (snapshot !== undefined) checkDigest(engine, snapshot.digest, 'the snapshot')
    const follower = new Follower(market, engine)
    await follower.#reach(db, after)
    return follower
  }

  /** A follower that begins at the first command, whatever snapshots there are. */
  static fromStart(market: MarketRecord): Follower {
    return new Follower(market, newEngine(market.config))
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
