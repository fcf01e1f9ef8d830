import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '@florin/kernel'
import { accountState, answer, orderRecord, prevented, recordKind, trade, words } from '@florin/orderbook'
import { Follower } from '../follower/follower.ts'
import type { Visit } from '../follower/replay.ts'
import { type Block, eachCommand } from '../sequencer/blocks.ts'
import { type Report, reportOf } from '../wire/reports.ts'
import type { MarketFeed } from './market-feed.ts'

/** Whose events a reader gets: those of the accounts whose numbers have a code here. */
export type Watched = Pick<ReadonlyMap<number, string>, 'has' | 'get'>

export interface ReportReader {
  readonly watched: Watched
  /** What a command came to, for the accounts that are watched; in order, each once. */
  report(report: Report): void
  lost(): void
}

/** Commands that are told at a time to catch up: between them the market has its turn. */
const commandsAtOnce = 1_000

/**
 * Tells a reader what happened to its accounts from a command on: first what it missed, from memory or, where that is too
 * long ago, out of the journal, then what happens, without a gap between.
 */
export class ReportFeed {
  readonly #database: Database
  readonly #feed: MarketFeed
  readonly #reader: ReportReader
  readonly #room: () => Promise<void>
  #at: number
  #end: (() => void) | undefined
  /** Reads what is too long ago for memory; kept from one piece to the next, since it has to get there first. */
  #replica: Follower | undefined
  #stopped = false

  /** @param room resolves once there is room for more of what was missed */
  constructor(database: Database, feed: MarketFeed, reader: ReportReader, room: () => Promise<void>) {
    this.#database = database
    this.#feed = feed
    this.#reader = reader
    this.#room = room
    this.#at = feed.position
  }

  /** Number of the last command that was looked at. */
  get position(): number {
    return this.#at
  }

  /** Resolves once everything after `after` was told; from then on it goes on by itself. Undefined: from now on. */
  async start(after: number | undefined): Promise<void> {
    this.#at = Math.min(after ?? this.#feed.position, this.#feed.position)
    while (!this.#stopped && !this.#join()) await this.#catchUp()
  }

  stop(): void {
    this.#stopped = true
    this.#end?.()
  }

  /** Listens from now on, if nothing is missing; all in one turn, so that nothing comes in between. */
  #join(): boolean {
    if (this.#at !== this.#feed.position) return false
    this.#replica = undefined
    this.#end = this.#feed.listen({
      block: (block) => this.#block(block),
      lost: () => this.#reader.lost(),
    })
    return true
  }

  async #catchUp(): Promise<void> {
    const missed: Report[] = []
    const until = Math.min(this.#feed.position, this.#at + commandsAtOnce)
    const visit = this.#visitor((report) => missed.push(report), until)
    if (this.#feed.sequencer.since(this.#at, visit, until)) {
      this.#at = until
      await nextTurn()
    } else this.#at = await this.#replay(until, visit)
    for (const report of missed) {
      await this.#room()
      if (this.#stopped) return
      this.#reader.report(report)
    }
  }

  async #replay(until: number, visit: Visit): Promise<number> {
    if (this.#replica?.seq !== this.#at)
      this.#replica = await Follower.open(this.#database, this.#feed.sequencer.market, this.#at)
    await this.#replica.read(this.#database, until - this.#at, visit)
    return this.#replica.seq
  }

  #block(block: Block): void {
    eachCommand(
      block,
      this.#visitor((report) => this.#reader.report(report), block.lastSeq),
      this.#at,
    )
    this.#at = block.lastSeq
  }

  #visitor(tell: (report: Report) => void, until: number): Visit {
    const { watched } = this.#reader
    const { market } = this.#feed.sequencer
    const codeOf = (account: number) => watched.get(account)
    return (seq, commands, offset, records, count) => {
      if (seq > until || !concerns(watched, records, count)) return
      const report = reportOf(market, codeOf, seq, commands, offset, records, count)
      if (report.events.length > 0) tell(report)
    }
  }
}

/** Whether a command did anything to one of the accounts, or to the phase; most do not, and are not even decoded. */
function concerns(watched: Watched, records: Int32Array, count: number): boolean {
  for (let from = 0; from < count * words; from += words) {
    switch (records[from]) {
      case recordKind.phase:
        return true
      case recordKind.answer:
        if (watched.has(records[from + answer.account] ?? 0)) return true
        break
      case recordKind.trade:
      case recordKind.prevented:
        if (watched.has(records[from + trade.makerAccount] ?? 0)) return true
        if (watched.has(records[from + prevented.takerAccount] ?? 0)) return true
        break
      case recordKind.accountState:
        if (watched.has(records[from + accountState.account] ?? 0)) return true
        break
      default:
        if (watched.has(records[from + orderRecord.account] ?? 0)) return true
    }
  }
  return false
}
