import { isSell, isStop } from './flags.ts'
import * as layout from './layout.ts'
import type { Orders } from './orders.ts'
import * as slots from './slot.ts'
import type { State } from './state.ts'

const {
  accountState,
  answer,
  auctionRecord,
  command,
  limitStateRecord,
  orderRecord,
  phaseRecord,
  prevented,
  recordKind,
  trade,
  words: width,
} = layout
const { at, enteredFlags, slotShift } = slots

const twoTo32 = 0x1_0000_0000

/** Writes the records of a command. Every record sets all its words, since the room is used again. */
export class Recorder {
  words = new Int32Array(64 * width)
  /** Records of the present command. */
  count = 0
  /** What the answer says of the order. */
  order = 0
  slot = 0
  price = 0
  quantity = 0
  readonly #orders: Orders
  readonly #slots: Int32Array

  constructor(orders: Orders) {
    this.#orders = orders
    this.#slots = orders.words
  }

  /** Begins a command. Its answer comes first and is written last, when its count is known. */
  begin(price: number): void {
    this.count = 1
    this.order = 0
    this.slot = 0
    this.price = price
    this.quantity = 0
  }

  /** @param from where the command's words begin */
  answer(commands: Int32Array, from: number, state: State, reason: number): void {
    const { words } = this
    const { sequence, timeUs } = state
    words[0] = recordKind.answer
    words[answer.sequenceLow] = sequence
    words[answer.sequenceHigh] = sequence / twoTo32
    words[answer.count] = this.count
    words[answer.type] = commands[from + command.type] as number
    words[answer.reason] = reason
    words[answer.order] = this.order
    words[answer.slot] = this.slot
    words[answer.account] = commands[from + command.account] as number
    words[answer.session] = commands[from + command.session] as number
    words[answer.flags] = commands[from + command.flags] as number
    words[answer.price] = this.price
    words[answer.quantity] = this.quantity
    words[13] = 0
    words[answer.timeLow] = timeUs
    words[answer.timeHigh] = timeUs / twoTo32
  }

  /** What becomes of an order, as it stands. */
  became(kind: number, slot: number): void {
    this.orderRecord(kind, slot, 0, 0, 0)
  }

  removed(slot: number, reason: number, place: number): void {
    this.orderRecord(recordKind.removed, slot, reason, place, 0)
  }

  orderRecord(kind: number, slot: number, reason: number, place: number, reducedBy: number): void {
    const record = this.next()
    const { words } = this
    const order = this.#slots
    const from = slot << slotShift
    const flags = (order[from + at.flags] as number) & enteredFlags
    words[record] = kind
    words[record + orderRecord.order] = order[from + at.order] as number
    words[record + orderRecord.slot] = slot
    words[record + orderRecord.account] = order[from + at.account] as number
    words[record + orderRecord.flags] = flags
    words[record + orderRecord.price] = order[from + at.price] as number
    words[record + orderRecord.leaves] = order[from + at.leaves] as number
    words[record + orderRecord.displayed] = order[from + at.displayed] as number
    words[record + orderRecord.session] = order[from + at.session] as number
    words[record + orderRecord.reason] = reason
    words[record + orderRecord.place] = place
    words[record + orderRecord.stop] = isStop(flags) ? this.#orders.stop(slot) : 0
    words[record + orderRecord.reducedBy] = reducedBy
    words[record + 13] = 0
    words[record + 14] = 0
    words[record + 15] = 0
  }

  /** @param side the taker's, or 2 in an auction */
  trade(number: number, price: number, quantity: number, maker: number, taker: number, side: number): void {
    const record = this.next()
    this.#meeting(record, price, quantity, maker, taker, side)
    const { words } = this
    const order = this.#slots
    words[record] = recordKind.trade
    words[record + trade.number] = number
    words[record + trade.takerDisplayed] = order[(taker << slotShift) + at.displayed] as number
    words[record + 15] = 0
  }

  prevented(
    mode: number,
    price: number,
    maker: number,
    taker: number,
    makerRemoved: number,
    takerRemoved: number,
  ): void {
    const record = this.next()
    const side = isSell(this.#slots[(taker << slotShift) + at.flags] as number) ? 1 : 0
    this.#meeting(record, price, 0, maker, taker, side)
    const { words } = this
    words[record] = recordKind.prevented
    words[record + prevented.mode] = mode
    words[record + prevented.makerRemoved] = makerRemoved
    words[record + prevented.takerRemoved] = takerRemoved
  }

  phase(phase: number, previous: number, cause: number): void {
    const record = this.#emptyRecord(recordKind.phase)
    this.words[record + phaseRecord.phase] = phase
    this.words[record + phaseRecord.previous] = previous
    this.words[record + phaseRecord.cause] = cause
  }

  /** `uncrossed` or `indicative`. */
  auction(kind: number, price: number, volume: number, surplus: number, surplusSide: number): void {
    const record = this.#emptyRecord(kind)
    const { words } = this
    words[record + auctionRecord.price] = price
    words[record + auctionRecord.volumeLow] = volume
    words[record + auctionRecord.volumeHigh] = volume / twoTo32
    words[record + auctionRecord.surplusLow] = surplus
    words[record + auctionRecord.surplusHigh] = surplus / twoTo32
    words[record + auctionRecord.surplusSide] = surplusSide
  }

  limitState(state: number): void {
    const record = this.#emptyRecord(recordKind.limitState)
    this.words[record + limitStateRecord.state] = state
  }

  accountState(account: number, state: number, previous: number, cause: number, equity: number): void {
    const record = this.#emptyRecord(recordKind.accountState)
    const { words } = this
    words[record + accountState.account] = account
    words[record + accountState.state] = state
    words[record + accountState.previous] = previous
    words[record + accountState.cause] = cause
    words[record + accountState.equityLow] = equity
    words[record + accountState.equityHigh] = Math.floor(equity / twoTo32)
  }

  /** The words that trades and prevented ones share. */
  #meeting(
    record: number,
    price: number,
    quantity: number,
    maker: number,
    taker: number,
    side: number,
  ): void {
    const { words } = this
    const order = this.#slots
    const ofMaker = maker << slotShift
    const ofTaker = taker << slotShift
    words[record + trade.price] = price
    words[record + trade.quantity] = quantity
    words[record + trade.makerOrder] = order[ofMaker + at.order] as number
    words[record + trade.makerSlot] = maker
    words[record + trade.makerAccount] = order[ofMaker + at.account] as number
    words[record + trade.makerLeaves] = order[ofMaker + at.leaves] as number
    words[record + trade.takerOrder] = order[ofTaker + at.order] as number
    words[record + trade.takerSlot] = taker
    words[record + trade.takerAccount] = order[ofTaker + at.account] as number
    words[record + trade.takerLeaves] = order[ofTaker + at.leaves] as number
    words[record + trade.side] = side
    words[record + trade.makerDisplayed] = order[ofMaker + at.displayed] as number
  }

  #emptyRecord(kind: number): number {
    const record = this.next()
    this.words.fill(0, record, record + width)
    this.words[record] = kind
    return record
  }

  /** Room for a record: where its words begin. */
  next(): number {
    const record = this.count * width
    if (record === this.words.length) this.#grow()
    this.count++
    return record
  }

  #grow(): void {
    const larger = new Int32Array(this.words.length * 2)
    larger.set(this.words)
    this.words = larger
  }
}
