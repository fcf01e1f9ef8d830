import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '@florin/kernel'
import { Engine, rulesVersion } from '@florin/orderbook'
import { type Head, readHead } from '../store/heads.ts'
import { type JournalRow, readJournal } from '../store/journal.ts'
import type { MarketRecord } from '../store/markets.ts'
import { rulesBefore } from '../store/rules-changes.ts'
import { readSnapshot } from '../store/snapshots.ts'
import { checkDigest, JournalBroken, RulesDiffer, replayRow, type Visit } from './replay.ts'

/** Rows of the journal that are read at a time. */
const rowsAtOnce = 16
/** Commands that are replayed in one turn of the event loop. */
const commandsATurn = 500

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
   * @throws JournalBroken; RulesDiffer; Error where the journal does not reach that far
   */
  static async open(db: Db, market: MarketRecord, after: number): Promise<Follower> {
    const follower = await Follower.fromNewestSnapshot(db, market, after)
    await follower.#reach(db, after)
    return follower
  }

  /**
   * A follower that stands where the newest usable snapshot was taken, at or before a command.
   *
   * @throws JournalBroken; RulesDiffer
   */
  static async fromNewestSnapshot(db: Db, market: MarketRecord, notAfter: number): Promise<Follower> {
    const head = await headOfRules(db, market, notAfter)
    return new Follower(market, (await restored(db, market, head, notAfter)) ?? new Engine(market.config))
  }

  /**
   * A follower that begins where this version of the rules did, whatever snapshots there are since: with the snapshot of
   * the version before, or, where there was none, at the first command.
   *
   * @throws JournalBroken; RulesDiffer
   */
  static async fromFirstOfRules(db: Db, market: MarketRecord): Promise<Follower> {
    const head = await headOfRules(db, market)
    return new Follower(
      market,
      (await restored(db, market, head, head.rulesAfter)) ?? new Engine(market.config),
    )
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
   * @throws JournalBroken; RulesDiffer
   */
  async read(db: Db, limit: number, visit?: Visit): Promise<number> {
    let left = limit
    while (left > 0) {
      const rows = await readJournal(db, this.market.id, this.seq, rowsAtOnce)
      if (rows.length === 0) break
      for (const row of rows) {
        if (left === 0) break
        if (row.rules !== rulesVersion) throw new RulesDiffer(this.market.code, row.rules, row.lastSeq)
        left -= await this.#replay(row, left, visit)
      }
    }
    return limit - left
  }

  /** A row may hold thousands of commands: whoever runs a market in this process has its turn in between. */
  async #replay(row: JournalRow, most: number, visit: Visit | undefined): Promise<number> {
    for (let done = 0; ; await nextTurn()) {
      done += replayRow(this.engine, row, Math.min(most - done, commandsATurn), visit)
      if (done === most || this.seq === row.lastSeq) return done
    }
  }

  async #reach(db: Db, seq: number): Promise<void> {
    const missing = seq - this.seq
    if (missing > 0 && (await this.read(db, missing)) < missing)
      throw new Error(`The journal of ${this.market.code} ends at ${this.seq}, before ${seq}`)
  }
}

/** The market's head. Throws RulesDiffer where another version of the rules has it, or had it at a command. */
async function headOfRules(db: Db, market: MarketRecord, seq?: number): Promise<Head> {
  const head = await readHead(db, market.id)
  if (head.rules !== rulesVersion) throw new RulesDiffer(market.code, head.rules, head.lastSeq)
  if (seq !== undefined && seq < head.rulesAfter)
    throw new RulesDiffer(market.code, await rulesBefore(db, market.id, seq), head.rulesAfter)
  return head
}

/**
 * The engine of the newest snapshot that this version can read, up to a command. A snapshot only spares work: without
 * one the journal is read from its beginning, and digests say whether it came to the same. Only the one that this
 * version of the rules began with can't be done without.
 *
 * @throws JournalBroken
 */
async function restored(
  db: Db,
  market: MarketRecord,
  { rulesAfter }: Head,
  notAfter: number,
): Promise<Engine | undefined> {
  for (let before = notAfter; ; ) {
    const snapshot = await readSnapshot(db, market.id, rulesAfter, before)
    if (snapshot === undefined && rulesAfter === 0) return undefined
    if (snapshot === undefined)
      throw new JournalBroken(
        `The snapshot that these rules began with, at command ${rulesAfter}, can’t be read`,
      )
    const engine = snapshot.state === undefined ? undefined : engineOf(snapshot.state)
    if (engine !== undefined) {
      checkDigest(engine, snapshot.digest, 'the snapshot')
      return engine
    }
    before = snapshot.seq - 1
  }
}

/** The engine of a snapshot; undefined where it is damaged, or its format is another version's. */
export function engineOf(state: Uint8Array): Engine | undefined {
  try {
    return Engine.restore(state)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
