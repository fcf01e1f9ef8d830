import type { Book } from './book.ts'
import type { Digest } from './digest.ts'
import * as digests from './digest.ts'
import { bySide } from './flags.ts'
import { isShut } from './gate.ts'
import * as layout from './layout.ts'
import * as memories from './memory.ts'
import { append } from './owners.ts'
import * as forms from './plain-forms.ts'
import * as reasons from './reasons.ts'
import type { PlainOrders } from './risk/plain-orders.ts'
import * as slots from './slot.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { answer, command, commandType, orderRecord, recordKind } = layout
const { cell, levelShift, owner, ownerShift, slotsAt } = memories
const { join, turn } = digests
const { k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k14, k15 } = digests.factors
const { form, formOf, knownFlags, meets, notPlain } = forms
const { at, slotShift, within } = slots
const { none } = reasons.reason

const mostEntries = 0x7fff_ffff
const second = layout.words

/**
 * The short way of `enter` for a plain limit order in the continuous phase: in one go over one array, since calls and lookups
 * in between would cost more than the work. It does what {@link Entry} does, and leaves to it what is not plain, or would be
 * refused.
 */
export class PlainEntry {
  readonly #book: Book
  readonly #plainOrders: PlainOrders | undefined
  /** Of the digest, which takes in here what is done here: {@link Digest.take} would read three records for it. */
  readonly #lanes: Int32Array | undefined

  constructor(book: Book, digest: Digest | undefined) {
    this.#book = book
    this.#plainOrders = book.risk?.plainOrders
    this.#lanes = digest?.state
  }

  /** How many records it made, or {@link notPlain}, or {@link meets}: then `out` knows its slot. */
  enter(commands: Int32Array, offset: number): number {
    const from = offset & within
    const book = this.#book
    const { config, memory } = book
    const plainOrders = this.#plainOrders
    const { ints, doubles } = memory
    const flags = commands[from + command.flags] as number
    const session = commands[from + command.session] as number
    const account = commands[from + command.account] as number
    const price = commands[from + command.price] as number
    const quantity = commands[from + command.quantity] as number
    const timeLow = commands[from + command.timeLow] as number
    const timeHigh = commands[from + command.timeHigh] as number
    const sequence = ((ints[cell.sequenceLow] as number) + 1) | 0
    const low = commands[from + command.clientLow] as number
    const high = commands[from + command.clientHigh] as number
    const optional =
      (commands[from + command.order] as number) |
      (commands[from + command.slot] as number) |
      (commands[from + command.display] as number) |
      (commands[from + command.stop] as number) |
      (commands[from + command.expiry] as number) |
      (commands[from + command.minimum] as number)
    if (ints[cell.gate] !== 0 && isShut(book, timeLow, timeHigh)) return notPlain
    if (timeHigh !== ints[cell.timeHigh] || timeLow >>> 0 < (ints[cell.timeLow] as number) >>> 0)
      return notPlain
    if (optional !== 0 || (flags & ~knownFlags) !== 0 || formOf[flags] === 0) return notPlain
    if (session < 0 || session > config.sessions || account < 1 || account > config.accounts) return notPlain
    if (quantity < 1 || quantity > (ints[cell.largestOrder] as number)) return notPlain
    if (price < (ints[cell.lowest] as number) || price > (ints[cell.highest] as number)) return notPlain
    const priceStep = ints[cell.priceStep] as number
    const quantityStep = ints[cell.quantityStep] as number
    if (priceStep !== 1 && price % priceStep !== 0) return notPlain
    if (quantityStep !== 1 && quantity % quantityStep !== 0) return notPlain
    const ofAccount = (memory.accountsAt + (account << ownerShift)) & within
    const ofSession = (memory.sessionsAt + (session << ownerShift)) & within
    if (((ints[ofAccount + owner.killed] as number) | (ints[ofSession + owner.killed] as number)) !== 0)
      return notPlain
    const entries = ints[cell.entries] as number
    const free = ints[cell.free] as number
    const used = ints[cell.used] as number
    if (sequence === 0 || entries === mostEntries || (free === 0 && used === config.orders)) return notPlain
    const order = entries + 1
    const slot = free === 0 ? used + 1 : free

    const sell = flags & 1
    const up = price - config.lowestPrice
    const down = config.highestPrice - price
    const meeting = (ints[cell.best + 1 - sell] as number) <= bySide(sell, down, up)
    const may = formOf[flags] as number
    if (meeting && (may & form.trades) === 0) return notPlain

    let valuation = 0
    if (plainOrders !== undefined) {
      valuation = plainOrders.enter(commands, from, order, slot)
      if (valuation < 0) return notPlain
    }
    const sequenceHigh = ints[cell.sequenceHigh] as number
    ints[cell.sequenceLow] = sequence
    ints[cell.timeLow] = timeLow
    ints[cell.entries] = order

    const word = ((slot << slotShift) + slotsAt) & within
    if (free === 0) ints[cell.used] = slot
    else ints[cell.free] = ints[word + at.next] as number
    ints[word + at.order] = order
    ints[word + at.account] = account
    ints[word + at.session] = session
    ints[word + at.flags] = flags
    ints[word + at.price] = price
    ints[word + at.leaves] = quantity
    ints[word + at.display] = 0
    ints[word + at.executed] = 0
    ints[word + at.valuation] = valuation

    if (meeting || (may & form.rests) === 0) {
      ints[word + at.displayed] = 0
      const { out } = book
      out.order = order
      out.slot = slot
      out.price = price
      out.quantity = quantity
      return meets
    }
    ints[word + at.displayed] = quantity

    // behind the others of its level
    const index = bySide(sell, up, down)
    const level = (memory.bidsAt + (-sell & memory.levelWords) + (index << levelShift)) & within
    const last = ints[level + 1] as number
    ints[word + at.next] = 0
    ints[word + at.previous] = last
    ints[level + 1] = slot
    if (last === 0) book.sameSide(flags).open(index, slot)
    else ints[(((last << slotShift) + slotsAt) & within) + at.next] = slot
    const sum = (level >> 1) + 1
    doubles[sum] = (doubles[sum] as number) + quantity

    // and of its account and session
    append(ints, ofAccount, word, slot, at.accountNext)
    if (session !== 0) append(ints, ofSession, word, slot, at.sessionNext)

    const lanes = this.#lanes
    const to = book.out.words
    to[0] = recordKind.answer
    to[answer.sequenceLow] = sequence
    to[answer.sequenceHigh] = sequenceHigh
    to[answer.count] = 2
    to[answer.type] = commandType.enter
    to[answer.reason] = none
    to[answer.order] = order
    to[answer.slot] = slot
    to[answer.account] = account
    to[answer.session] = session
    to[answer.flags] = flags
    to[answer.price] = price
    to[answer.quantity] = quantity
    to[13] = 0
    to[answer.timeLow] = timeLow
    to[answer.timeHigh] = timeHigh
    to[second] = recordKind.rested
    to[second + orderRecord.order] = order
    to[second + orderRecord.slot] = slot
    to[second + orderRecord.account] = account
    to[second + orderRecord.flags] = flags
    to[second + orderRecord.price] = price
    to[second + orderRecord.leaves] = quantity
    to[second + orderRecord.displayed] = quantity
    to[second + orderRecord.session] = session
    to[second + orderRecord.reason] = none
    to[second + orderRecord.place] = 0
    to[second + orderRecord.stop] = 0
    to[second + orderRecord.reducedBy] = 0
    to[second + 13] = 0
    to[second + 14] = 0
    to[second + 15] = 0
    if (lanes !== undefined) {
      lanes[0] = turn(
        lanes[0] as number,
        join(
          Math.imul(commandType.enter, k0) + Math.imul(price, k4),
          ((((Math.imul(recordKind.answer, k0) + Math.imul(commandType.enter, k4)) | 0) +
            Math.imul(account, k8)) |
            0) +
            Math.imul(quantity, k12),
          ((Math.imul(recordKind.rested, k0) + Math.imul(flags, k4)) | 0) + Math.imul(session, k8),
        ),
      )
      lanes[1] = turn(
        lanes[1] as number,
        join(
          ((Math.imul(account, k1) + Math.imul(quantity, k5)) | 0) + Math.imul(low, k9),
          Math.imul(sequence, k1) + Math.imul(session, k9),
          Math.imul(order, k1) + Math.imul(price, k5),
        ),
      )
      lanes[2] = turn(
        lanes[2] as number,
        join(
          ((Math.imul(session, k2) + Math.imul(high, k10)) | 0) + Math.imul(timeLow, k14),
          ((((Math.imul(sequenceHigh, k2) + Math.imul(order, k6)) | 0) + Math.imul(flags, k10)) | 0) +
            Math.imul(timeLow, k14),
          Math.imul(slot, k2) + Math.imul(quantity, k6),
        ),
      )
      lanes[3] = turn(
        lanes[3] as number,
        join(
          Math.imul(flags, k3) + Math.imul(timeHigh, k15),
          ((((Math.imul(2, k3) + Math.imul(slot, k7)) | 0) + Math.imul(price, k11)) | 0) +
            Math.imul(timeHigh, k15),
          Math.imul(account, k3) + Math.imul(quantity, k7),
        ),
      )
    }
    return 2
  }
}
