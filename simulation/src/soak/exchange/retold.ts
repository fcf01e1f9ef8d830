import { Follower, type MarketRecord, reportOf, type Visit } from '@florin/exchange'
import type { Database } from '@florin/kernel'
import {
  answer,
  command,
  commandType,
  type Engine,
  readWide,
  recordKind,
  trade,
  words,
} from '@florin/orderbook'
import { traderName } from './market.ts'
import type { StepKind } from './orders.ts'
import { Told } from './told.ts'

/** A trade as the journal comes to it: ticks and lots, numbers of accounts. */
export interface RetoldTrade {
  readonly trade: number
  readonly seq: number
  readonly price: number
  readonly quantity: number
  readonly maker_account: number
  readonly taker_account: number
}

const kinds: ReadonlyMap<number, StepKind> = new Map([
  [commandType.enter, 'enter'],
  [commandType.amend, 'amend'],
  [commandType.cancel, 'cancel'],
])

/** A market told anew, out of its journal from the first command on, and what everybody must have been told of it. */
export class Retold {
  readonly all = new Told()
  readonly ofTraders: readonly Told[]
  readonly trades: RetoldTrade[] = []
  /** Orders that were accepted. */
  entered = 0
  events = 0
  ms = 0
  readonly #market: MarketRecord
  readonly #codes: ReadonlyMap<number, string>
  readonly #carriedOut = new Map<string, number>()
  readonly #follower: Follower

  private constructor(market: MarketRecord, traders: number) {
    this.#market = market
    this.#follower = Follower.fromStart(market)
    this.ofTraders = Array.from({ length: traders }, () => new Told())
    this.#codes = new Map(Array.from({ length: traders }, (_, i) => [i + 1, traderName(i)]))
  }

  /** @throws JournalBroken where a digest that was recorded is not the one that the commands come to */
  static async read(database: Database, market: MarketRecord, traders: number): Promise<Retold> {
    const retold = new Retold(market, traders)
    const began = performance.now()
    while ((await retold.#follower.read(database, 50_000, retold.#visit)) > 0);
    retold.ms = performance.now() - began
    return retold
  }

  get engine(): Engine {
    return this.#follower.engine
  }

  /** How often a trader's step is in the journal; the trader's number counts from 1. */
  carriedOut(account: number, kind: StepKind, order: number): number {
    return this.#carriedOut.get(`${account} ${kind} ${order}`) ?? 0
  }

  /** Commands that came into the journal since it was read, one sentence each. */
  async furtherCommands(database: Database): Promise<string[]> {
    const further: string[] = []
    const follower = await Follower.open(database, this.#market, this.engine.sequence)
    await follower.read(database, 100, (seq, commands, offset) => {
      const of = (word: number): number => commands[offset + word] ?? 0
      const { type, account, session } = command
      further.push(
        `Command ${seq} came after the end: type ${of(type)}, account ${of(account)}, session ${of(session)}`,
      )
    })
    return further
  }

  readonly #visit: Visit = (seq, commands, offset, records, count) => {
    this.#count(commands, offset)
    this.#gather(seq, records, count)
    const { at, events } = reportOf(
      this.#market,
      (account) => this.#codes.get(account),
      seq,
      commands,
      offset,
      records,
      count,
    )
    const tell = (told: Told, concerns: (account: number) => boolean): void => {
      const some = events.filter(({ account }) => concerns(account))
      if (some.length > 0) told.add(seq, `${at} ${JSON.stringify(some.map(({ event }) => event))}`)
    }
    this.events += events.length
    tell(this.all, () => true)
    for (const [i, told] of this.ofTraders.entries())
      tell(told, (account) => account === 0 || account === i + 1)
  }

  #count(commands: Int32Array, offset: number): void {
    const kind = kinds.get(commands[offset + command.type] ?? 0)
    if (kind === undefined) return
    const own = commands.subarray(offset, offset + words)
    const order = readWide(own, command.clientLow, command.clientHigh)
    const key = `${own[command.account]} ${kind} ${order}`
    this.#carriedOut.set(key, (this.#carriedOut.get(key) ?? 0) + 1)
  }

  #gather(seq: number, records: Int32Array, count: number): void {
    if (records[answer.type] === commandType.enter && records[answer.reason] === 0) this.entered++
    for (let i = words; i < count * words; i += words) {
      if (records[i] !== recordKind.trade) continue
      const of = (word: number): number => records[i + word] ?? 0
      this.trades.push({
        trade: of(trade.number),
        seq,
        price: of(trade.price),
        quantity: of(trade.quantity),
        maker_account: of(trade.makerAccount),
        taker_account: of(trade.takerAccount),
      })
    }
  }
}
