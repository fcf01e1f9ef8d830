import {
  answer,
  command,
  commandType,
  Engine,
  type MarketConfig,
  orderFlags,
  orderRecord,
  recordKind,
  side,
  timeInForce,
  trade,
  words,
} from '@florin/orderbook'
import { type Dice, oneTo } from '../lib/random.ts'
import { block, isAtLeast, type Stream, type Way } from './stream.ts'

/** Microseconds since 1970 of the first command; each one after it comes a microsecond later. */
const start_us = 1_767_225_600_000_000
const two32 = 2 ** 32

/**
 * Makes a stream by sending each command to an engine as it is made, so that it knows which orders live, under which number
 * and slot, and what the best prices are.
 */
export class StreamBuilder {
  readonly accounts: number
  readonly #dice: Dice
  readonly #way: Way
  readonly #config: MarketConfig
  readonly #engine: Engine
  readonly #commands: Int32Array
  readonly #tradedLots: Float64Array
  readonly #living: LivingOrders
  /** The last client id of each account. */
  readonly #clientIds = new Map<number, number>()
  #count = 0
  #prepared = 0
  #records = 0
  #lots = 0
  #restingSum = 0

  constructor(way: Way, config: MarketConfig, capacity: number, dice: Dice) {
    this.accounts = config.accounts
    this.#way = way
    this.#config = config
    this.#dice = dice
    this.#engine = new Engine(config)
    this.#commands = new Int32Array(capacity * words)
    this.#tradedLots = new Float64Array(Math.ceil(capacity / block))
    this.#living = new LivingOrders(config)
  }

  get living(): number {
    return this.#living.count
  }

  get count(): number {
    return this.#count
  }

  /** Ticks; below the lowest price where there are no bids. */
  get bestBid(): number {
    return this.#living.bestBid
  }

  /** Ticks; above the highest price where there are no asks. */
  get bestAsk(): number {
    return this.#living.bestAsk
  }

  get lowestPrice(): number {
    return this.#config.lowestPrice
  }

  get highestPrice(): number {
    return this.#config.highestPrice
  }

  get middle(): number {
    return Math.trunc((this.#config.lowestPrice + this.#config.highestPrice) / 2)
  }

  /** From here on the commands are those that are measured; they begin with a block. */
  filled(): void {
    while (this.#count % block !== 0) this.other(commandType.tick, {})
    this.#prepared = this.#count
  }

  limit(of: 0 | 1, price: number, quantity: number): void {
    const at = this.#next(commandType.enter)
    const mode = isAtLeast(this.#way, '+ self-trade') ? oneTo(4, this.#dice) : 0
    const account = oneTo(this.accounts, this.#dice)
    this.#commands[at + command.account] = account
    this.#commands[at + command.session] = 1
    this.#commands[at + command.flags] =
      (of << orderFlags.side.shift) |
      (timeInForce.goodTillCancelled << orderFlags.timeInForce.shift) |
      (mode << orderFlags.selfTrade.shift)
    this.#commands[at + command.price] = price
    this.#commands[at + command.quantity] = quantity
    // Client ids are told where somebody looks at them. Each account numbers its own orders, as clients do.
    if (this.#config.risk) {
      const id = (this.#clientIds.get(account) ?? 0) + 1
      this.#clientIds.set(account, id)
      this.#commands[at + command.clientLow] = id
    }
    this.#send(at)
  }

  /** Cancels an order of the book, each as likely. */
  cancelAny(): void {
    const slot = this.#living.any(this.#dice)
    const at = this.#next(commandType.cancel)
    this.#commands[at + command.account] = this.#living.accountOf(slot)
    this.#commands[at + command.session] = 1
    this.#commands[at + command.order] = this.#living.orderOf(slot)
    this.#commands[at + command.slot] = slot
    this.#send(at)
  }

  /** Any other command; the words that are not given are 0. */
  other(type: number, fields: Partial<Record<keyof typeof command, number>>): void {
    const at = this.#next(type)
    for (const [name, value] of Object.entries(fields))
      this.#commands[at + command[name as keyof typeof command]] = value
    this.#send(at)
  }

  done(name: string): Stream {
    return {
      name,
      way: this.#way,
      config: this.#config,
      commands: this.#commands.subarray(0, this.#count * words),
      prepared: this.#prepared,
      count: this.#count,
      resting: Math.round(this.#restingSum / Math.max(1, this.#count - this.#prepared)),
      records: this.#records,
      tradedLots: this.#tradedLots.subarray(0, Math.ceil(this.#count / block)),
      digest: this.#config.digest ? this.#engine.digest() : '',
    }
  }

  #next(type: number): number {
    const at = this.#count * words
    const time = start_us + this.#count
    this.#commands[at + command.type] = type
    this.#commands[at + command.timeLow] = (time % two32) | 0
    this.#commands[at + command.timeHigh] = Math.floor(time / two32)
    return at
  }

  #send(at: number): void {
    const records = this.#engine.apply(this.#commands, at)
    const { records: out } = this.#engine
    const reason = out[answer.reason] as number
    // Refusals would be measured as if they were work.
    if (reason !== 0) throw new Error(`Command ${this.#count + 1} was refused with reason ${reason}`)
    for (let n = 0; n < records; n++) this.#note(out, n * words)
    this.#records += records
    this.#restingSum += this.#prepared === 0 ? 0 : this.#living.count
    this.#tradedLots[Math.trunc(this.#count / block)] = this.#lots
    this.#count++
  }

  #note(out: Int32Array, at: number): void {
    const kind = out[at] as number
    if (kind === recordKind.trade) {
      this.#lots += out[at + trade.quantity] as number
      if (out[at + trade.makerLeaves] === 0) this.#living.remove(out[at + trade.makerSlot] as number)
    } else if (kind === recordKind.prevented) {
      if (out[at + trade.makerLeaves] === 0) this.#living.remove(out[at + trade.makerSlot] as number)
    } else if (kind === recordKind.rested) {
      this.#living.add(out, at)
    } else if (kind === recordKind.removed) {
      this.#living.remove(out[at + orderRecord.slot] as number)
    }
  }
}

/** Which orders live, to choose among them, and how many there are at each price. */
class LivingOrders {
  readonly #lowest: number
  readonly #atPrice: readonly [Int32Array, Int32Array]
  /** By slot. */
  readonly #order: Int32Array
  readonly #account: Int32Array
  readonly #price: Int32Array
  readonly #side: Uint8Array
  /** Where the slot stands among those that live, counted from 1. */
  readonly #place: Int32Array
  readonly #slots: Int32Array
  count = 0
  bestBid: number
  bestAsk: number

  constructor({ lowestPrice, highestPrice, orders }: MarketConfig) {
    this.#lowest = lowestPrice
    const prices = highestPrice - lowestPrice + 1
    this.#atPrice = [new Int32Array(prices), new Int32Array(prices)]
    this.#order = new Int32Array(orders + 1)
    this.#account = new Int32Array(orders + 1)
    this.#price = new Int32Array(orders + 1)
    this.#side = new Uint8Array(orders + 1)
    this.#place = new Int32Array(orders + 1)
    this.#slots = new Int32Array(orders + 1)
    this.bestBid = lowestPrice - 1
    this.bestAsk = highestPrice + 1
  }

  orderOf(slot: number): number {
    return this.#order[slot] as number
  }

  accountOf(slot: number): number {
    return this.#account[slot] as number
  }

  any(dice: Dice): number {
    return this.#slots[oneTo(this.count, dice)] as number
  }

  add(record: Int32Array, at: number): void {
    const slot = record[at + orderRecord.slot] as number
    const price = record[at + orderRecord.price] as number
    const of = (record[at + orderRecord.flags] as number) & 1
    this.#order[slot] = record[at + orderRecord.order] as number
    this.#account[slot] = record[at + orderRecord.account] as number
    this.#price[slot] = price
    this.#side[slot] = of
    this.count++
    this.#slots[this.count] = slot
    this.#place[slot] = this.count
    this.#levelOf(of)[price - this.#lowest] = (this.#levelOf(of)[price - this.#lowest] as number) + 1
    if (of === side.buy && price > this.bestBid) this.bestBid = price
    if (of === side.sell && price < this.bestAsk) this.bestAsk = price
  }

  /** Does nothing for an order that never rested. */
  remove(slot: number): void {
    const place = this.#place[slot] as number
    if (place === 0) return
    const last = this.#slots[this.count] as number
    this.#slots[place] = last
    this.#place[last] = place
    this.#place[slot] = 0
    this.count--
    const of = this.#side[slot] as number
    const level = this.#levelOf(of)
    const index = (this.#price[slot] as number) - this.#lowest
    level[index] = (level[index] as number) - 1
    if (of === side.buy)
      while (this.bestBid >= this.#lowest && level[this.bestBid - this.#lowest] === 0) this.bestBid--
    else
      while (this.bestAsk - this.#lowest < level.length && level[this.bestAsk - this.#lowest] === 0)
        this.bestAsk++
  }

  #levelOf(of: number): Int32Array {
    return of === side.buy ? this.#atPrice[0] : this.#atPrice[1]
  }
}
