import {
  answer,
  command,
  commandType,
  orderRecord,
  prevented,
  readWide,
  reason,
  recordKind,
  trade,
  words,
} from '@florin/orderbook'
import type { Visit } from '../follower/replay.ts'
import { CandleSums } from './candle-sums.ts'
import { type OrderChange, OrderStates } from './order-states.ts'

/** Something that happened to an order, or to an attempt. Numbers as the engine has them. */
export interface OrderEventRow {
  readonly seq: number
  readonly part: number
  readonly at: number
  readonly number: number
  readonly account: number
  readonly kind: number
  readonly command: number
  readonly reason: number
  readonly price: number
  readonly quantity: number
  readonly leaves: number
  readonly trade: number | null
}

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

/** Commands whose answers concern an order. */
const ofOrders: ReadonlySet<number> = new Set([
  commandType.enter,
  commandType.amend,
  commandType.cancel,
  commandType.massCancel,
])

/** What a row of commands comes to in the tables of the history. Pure: fill it by `visit`, then write it. */
export class HistoryBatch {
  readonly orders = new OrderStates()
  readonly events: OrderEventRow[] = []
  readonly fills: FillRow[] = []
  readonly candles = new CandleSums()
  #seq = 0
  #at = 0
  #command = 0
  /** What an order that is being amended was for in total before, as far as this batch knows. */
  #totalBefore: number | undefined

  readonly visit: Visit = (seq, commands, offset, records, count) => {
    this.#seq = seq
    this.#at = readWide(records, answer.timeLow, answer.timeHigh)
    this.#command = at(records, answer.type)
    this.#answer(commands.subarray(offset, offset + words), records)
    for (let i = 1; i < count; i++) this.#record(records.subarray(i * words, (i + 1) * words), i)
  }

  #answer(asked: Int32Array, records: Int32Array): void {
    const type = this.#command
    const account = at(records, answer.account)
    if (!ofOrders.has(type) || account === 0) return
    const [number, price, quantity] = [answer.order, answer.price, answer.quantity].map((word) =>
      at(records, word),
    ) as [number, number, number]
    const why = at(records, answer.reason)
    this.#event(0, number, account, { kind: recordKind.answer, reason: why, price, quantity, leaves: 0 })
    if (why !== reason.none) return
    if (type === commandType.enter) this.#entered(asked, records)
    if (type === commandType.amend) {
      const change = this.#changeOf(number)
      this.#totalBefore = change.quantity
      change.price = price
      change.quantity = quantity
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

  #record(record: Int32Array, index: number): void {
    switch (record[0]) {
      case recordKind.trade:
        this.#trade(record, index)
        break
      case recordKind.prevented:
        this.#prevented(record, index)
        break
      case recordKind.rested:
      case recordKind.refreshed:
      case recordKind.reduced:
      case recordKind.removed:
      case recordKind.held:
      case recordKind.triggered:
        this.#order(record, index)
        break
      default:
    }
  }

  #trade(record: Int32Array, index: number): void {
    const number = at(record, trade.number)
    const price = at(record, trade.price)
    const quantity = at(record, trade.quantity)
    const common = { kind: recordKind.trade, reason: 0, price, quantity, trade: number }
    for (const side of sides) {
      const leaves = at(record, side.leaves)
      const change = this.#changeOf(at(record, side.order))
      change.executed += quantity
      change.value += quantity * price
      change.leaves = leaves
      change.state = leaves === 0 ? 'filled' : 'open'
      const part = index * 2 + side.part
      this.#event(part, at(record, side.order), at(record, side.account), { ...common, leaves })
    }
    this.fills.push({
      trade: number,
      seq: this.#seq,
      at: this.#at,
      price,
      quantity,
      side: at(record, trade.side),
      makerOrder: at(record, trade.makerOrder),
      makerSlot: at(record, trade.makerSlot),
      makerAccount: at(record, trade.makerAccount),
      takerOrder: at(record, trade.takerOrder),
      takerSlot: at(record, trade.takerSlot),
      takerAccount: at(record, trade.takerAccount),
    })
    this.candles.add(this.#at, price, quantity)
  }

  #prevented(record: Int32Array, index: number): void {
    const price = at(record, prevented.price)
    for (const side of sides) {
      const leaves = at(record, side.leaves)
      const change = this.#changeOf(at(record, side.order))
      change.leaves = leaves
      if (leaves === 0) {
        change.state = 'removed'
        change.reason = reason.selfTrade
      }
      this.#event(index * 2 + side.part, at(record, side.order), at(record, side.account), {
        kind: recordKind.prevented,
        reason: reason.selfTrade,
        price,
        quantity: at(record, side.removed),
        leaves,
      })
    }
  }

  #order(record: Int32Array, index: number): void {
    const kind = at(record, 0)
    const number = at(record, orderRecord.order)
    const leaves = at(record, orderRecord.leaves)
    const price = at(record, orderRecord.price)
    const why = at(record, orderRecord.reason)
    const removes = kind === recordKind.removed
    const taken = removes ? leaves : at(record, orderRecord.reducedBy)
    this.#event(index * 2, number, at(record, orderRecord.account), {
      kind,
      reason: why,
      price,
      quantity: taken,
      leaves: removes ? 0 : leaves,
    })
    // It enters again, and what follows says as what.
    if (why === reason.replaced) return
    const change = this.#changeOf(number)
    change.leaves = removes ? 0 : leaves
    change.state = removes ? 'removed' : kind === recordKind.held ? 'held' : change.state
    change.reason = why
    // A waiting trailing stop tells its offset where others tell their price: only what entered counts here.
    if (kind === recordKind.triggered) change.state = 'open'
    if (kind === recordKind.rested || kind === recordKind.triggered) change.price = price
    if (kind === recordKind.held) change.stop = at(record, orderRecord.stop)
    // The total of an amendment to what was executed, or less, is no new total.
    if (why === reason.belowExecuted) change.quantity = this.#totalBefore
  }

  #changeOf(number: number): OrderChange {
    return this.orders.of(number, this.#seq, this.#at)
  }

  #event(
    part: number,
    number: number,
    account: number,
    what: Pick<OrderEventRow, 'kind' | 'reason' | 'price' | 'quantity' | 'leaves'> & {
      readonly trade?: number
    },
  ): void {
    this.events.push({
      seq: this.#seq,
      part,
      at: this.#at,
      number,
      account,
      command: this.#command,
      trade: null,
      ...what,
    })
  }
}

const sides = [
  {
    part: 0,
    order: trade.makerOrder,
    account: trade.makerAccount,
    leaves: trade.makerLeaves,
    removed: prevented.makerRemoved,
  },
  {
    part: 1,
    order: trade.takerOrder,
    account: trade.takerAccount,
    leaves: trade.takerLeaves,
    removed: prevented.takerRemoved,
  },
] as const

function at(words: Int32Array, index: number): number {
  return words[index] ?? 0
}
