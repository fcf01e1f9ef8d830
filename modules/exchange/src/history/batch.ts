import {
  answer,
  command,
  commandType,
  orderRecord,
  readWide,
  reason,
  recordKind,
  trade,
  words,
} from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'
import { CandleSums } from './candle-sums.ts'
import { type OrderChange, OrderStates } from './order-states.ts'

export interface FillRow {
  readonly trade: number
  readonly seq: number
  readonly at: number
  readonly price: number
  readonly quantity: number
  readonly side: number
  readonly makerOrder: number
  readonly makerSlot: number
  readonly makerAccount: number
  readonly takerOrder: number
  readonly takerSlot: number
  readonly takerAccount: number
}

/** What a row of commands comes to in the tables of the history. Pure: fill it by `visit`, then write it. */
export class HistoryBatch {
  readonly orders = new OrderStates()
  readonly fills: FillRow[] = []
  readonly candles = new CandleSums()
  #seq = 0
  #at = 0
  /** What an order that is being amended was for in total before, as far as this batch knows. */
  #totalBefore: number | undefined

  readonly visit: Visit = (seq, commands, offset, records, count) => {
    this.#seq = seq
    this.#at = readWide(records, answer.timeLow, answer.timeHigh)
    if (records[answer.reason] === reason.none) this.#done(commands, offset, records)
    for (let i = 1; i < count; i++) this.#record(records, i * words)
  }

  #done(commands: Int32Array, offset: number, records: Int32Array): void {
    const type = records[answer.type]
    if (type === commandType.enter) this.#entered(commands.subarray(offset, offset + words), records)
    if (type === commandType.amend) {
      const change = this.#changeOf(at(records, answer.order))
      this.#totalBefore = change.quantity
      change.price = at(records, answer.price)
      change.quantity = at(records, answer.quantity)
    }
  }

  #entered(asked: Int32Array, records: Int32Array): void {
    this.orders.enter(
      at(records, answer.order),
      {
        slot: at(records, answer.slot),
        account: at(records, answer.account),
        session: at(records, answer.session),
        clientId: readWide(asked, command.clientLow, command.clientHigh),
        flags: at(asked, command.flags),
        display: at(asked, command.display),
        minimum: at(asked, command.minimum),
        expires: at(asked, command.expiry) >>> 0,
        seq: this.#seq,
        at: this.#at,
      },
      at(records, answer.price),
      at(asked, command.stop),
      at(records, answer.quantity),
    )
  }

  /** The record that begins at the word `from`. */
  #record(records: Int32Array, from: number): void {
    switch (records[from]) {
      case recordKind.trade:
        this.#trade(records, from)
        break
      case recordKind.prevented:
        this.#prevented(records, from)
        break
      case recordKind.rested:
      case recordKind.refreshed:
      case recordKind.reduced:
      case recordKind.removed:
      case recordKind.held:
      case recordKind.triggered:
        this.#order(records, from)
        break
      default:
    }
  }

  #trade(records: Int32Array, from: number): void {
    const price = at(records, from + trade.price)
    const quantity = at(records, from + trade.quantity)
    for (const side of sides) {
      const leaves = at(records, from + side.leaves)
      const change = this.#changeOf(at(records, from + side.order))
      change.executed += quantity
      change.value += quantity * price
      change.leaves = leaves
      change.state = leaves === 0 ? 'filled' : 'open'
    }
    this.fills.push({
      trade: at(records, from + trade.number),
      seq: this.#seq,
      at: this.#at,
      price,
      quantity,
      side: at(records, from + trade.side),
      makerOrder: at(records, from + trade.makerOrder),
      makerSlot: at(records, from + trade.makerSlot),
      makerAccount: at(records, from + trade.makerAccount),
      takerOrder: at(records, from + trade.takerOrder),
      takerSlot: at(records, from + trade.takerSlot),
      takerAccount: at(records, from + trade.takerAccount),
    })
    this.candles.add(this.#at, price, quantity)
  }

  #prevented(records: Int32Array, from: number): void {
    for (const side of sides) {
      const leaves = at(records, from + side.leaves)
      const change = this.#changeOf(at(records, from + side.order))
      change.leaves = leaves
      if (leaves > 0) continue
      change.state = 'removed'
      change.reason = reason.selfTrade
    }
  }

  #order(records: Int32Array, from: number): void {
    const kind = at(records, from)
    const leaves = at(records, from + orderRecord.leaves)
    const price = at(records, from + orderRecord.price)
    const why = at(records, from + orderRecord.reason)
    const removes = kind === recordKind.removed
    // It enters again, and what follows says as what.
    if (why === reason.replaced) return
    const change = this.#changeOf(at(records, from + orderRecord.order))
    change.leaves = removes ? 0 : leaves
    change.state = removes ? 'removed' : kind === recordKind.held ? 'held' : change.state
    change.reason = why
    // A waiting trailing stop tells its offset where others tell their price: only what entered counts here.
    if (kind === recordKind.triggered) change.state = 'open'
    if (kind === recordKind.rested || kind === recordKind.triggered) change.price = price
    if (kind === recordKind.held) change.stop = at(records, from + orderRecord.stop)
    // The total of an amendment to what was executed, or less, is no new total.
    if (why === reason.belowExecuted) change.quantity = this.#totalBefore
  }

  #changeOf(number: number): OrderChange {
    return this.orders.of(number, this.#seq, this.#at)
  }
}

/** Where both records that concern two orders have them. */
const sides = [
  { order: trade.makerOrder, leaves: trade.makerLeaves },
  { order: trade.takerOrder, leaves: trade.takerLeaves },
] as const

function at(words: Int32Array, index: number): number {
  return words[index] ?? 0
}
