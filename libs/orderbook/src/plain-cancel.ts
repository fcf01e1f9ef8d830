import type { Book } from './book.ts'
import type { Digest } from './digest.ts'
import * as digests from './digest.ts'
import { bySide } from './flags.ts'
import { isShut } from './gate.ts'
import * as layout from './layout.ts'
import * as memories from './memory.ts'
import { detach } from './owners.ts'
import * as forms from './plain-forms.ts'
import * as reasons from './reasons.ts'
import * as slots from './slot.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { answer, command, commandType, orderRecord, place, recordKind } = layout
const { cell, levelShift, ownerShift, slotsAt } = memories
const { join, turn } = digests
const { k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k12, k13, k14, k15 } = digests.factors
const { form, formOf, knownFlags, notPlain } = forms
const { at, slotShift, within } = slots
const { none, requested } = reasons.reason

const second = layout.words

/**
 * The short way of `cancel` for a plain order of the book, named by its number and slot: in one go over one array, since calls
 * and lookups in between would cost more than the work. It does what {@link Cancelling} does, and leaves to it what is
 * not plain, or would be refused.
 */
export class PlainCancel {
  readonly #book: Book
  /** Of the digest, which takes in here what is done here: {@link Digest.take} would read three records for it. */
  readonly #lanes: Int32Array | undefined

  constructor(book: Book, digest: Digest | undefined) {
    this.#book = book
    this.#lanes = digest?.state
  }

  /** How many records it made, or {@link notPlain}. */
  cancel(commands: Int32Array, offset: number): number {
    const from = offset & within
    const book = this.#book
    const { config, memory, risk } = book
    const { ints, doubles } = memory
    const session = commands[from + command.session] as number
    const account = commands[from + command.account] as number
    const order = commands[from + command.order] as number
    const slot = commands[from + command.slot] as number
    const timeLow = commands[from + command.timeLow] as number
    const timeHigh = commands[from + command.timeHigh] as number
    const sequence = ((ints[cell.sequenceLow] as number) + 1) | 0
    const unused =
      (commands[from + command.flags] as number) |
      (commands[from + command.price] as number) |
      (commands[from + command.quantity] as number) |
      (commands[from + command.stop] as number) |
      (commands[from + command.display] as number) |
      (commands[from + command.minimum] as number) |
      (commands[from + command.clientLow] as number) |
      (commands[from + command.clientHigh] as number) |
      (commands[from + command.expiry] as number)
    if (ints[cell.gate] !== 0 && isShut(book, timeLow, timeHigh)) return notPlain
    if (timeHigh !== ints[cell.timeHigh] || timeLow >>> 0 < (ints[cell.timeLow] as number) >>> 0)
      return notPlain
    if (unused !== 0 || sequence === 0 || session < 0 || session > config.sessions) return notPlain
    if (order < 1 || slot < 1 || slot > (ints[cell.used] as number)) return notPlain
    const word = ((slot << slotShift) + slotsAt) & within
    const whose = ints[word + at.account] as number
    const flags = ints[word + at.flags] as number
    if (ints[word + at.order] !== order || (account !== whose && account !== 0)) return notPlain
    if (flags > knownFlags || ((formOf[flags] as number) & form.rests) === 0) return notPlain
    const sequenceHigh = ints[cell.sequenceHigh] as number
    ints[cell.sequenceLow] = sequence
    ints[cell.timeLow] = timeLow

    const price = ints[word + at.price] as number
    const leaves = ints[word + at.leaves] as number
    const displayed = ints[word + at.displayed] as number
    const itsSession = ints[word + at.session] as number
    const lanes = this.#lanes
    const to = book.out.words
    to[0] = recordKind.answer
    to[answer.sequenceLow] = sequence
    to[answer.sequenceHigh] = sequenceHigh
    to[answer.count] = 2
    to[answer.type] = commandType.cancel
    to[answer.reason] = none
    to[answer.order] = order
    to[answer.slot] = slot
    to[answer.account] = account
    to[answer.session] = session
    to[answer.flags] = 0
    to[answer.price] = 0
    to[answer.quantity] = leaves
    to[13] = 0
    to[answer.timeLow] = timeLow
    to[answer.timeHigh] = timeHigh
    to[second] = recordKind.removed
    to[second + orderRecord.order] = order
    to[second + orderRecord.slot] = slot
    to[second + orderRecord.account] = whose
    to[second + orderRecord.flags] = flags
    to[second + orderRecord.price] = price
    to[second + orderRecord.leaves] = leaves
    to[second + orderRecord.displayed] = displayed
    to[second + orderRecord.session] = itsSession
    to[second + orderRecord.reason] = requested
    to[second + orderRecord.place] = place.book
    to[second + orderRecord.stop] = 0
    to[second + orderRecord.reducedBy] = 0
    to[second + 13] = 0
    to[second + 14] = 0
    to[second + 15] = 0
    if (lanes !== undefined) {
      lanes[0] = turn(
        lanes[0] as number,
        join(
          Math.imul(commandType.cancel, k0) + Math.imul(order, k12),
          ((((Math.imul(recordKind.answer, k0) + Math.imul(commandType.cancel, k4)) | 0) +
            Math.imul(account, k8)) |
            0) +
            Math.imul(leaves, k12),
          ((Math.imul(recordKind.removed, k0) + Math.imul(flags, k4)) | 0) + Math.imul(itsSession, k8),
        ),
      )
      lanes[1] = turn(
        lanes[1] as number,
        join(
          Math.imul(account, k1) + Math.imul(slot, k13),
          Math.imul(sequence, k1) + Math.imul(session, k9),
          ((Math.imul(order, k1) + Math.imul(price, k5)) | 0) + Math.imul(requested, k9),
        ),
      )
      lanes[2] = turn(
        lanes[2] as number,
        join(
          Math.imul(session, k2) + Math.imul(timeLow, k14),
          ((Math.imul(sequenceHigh, k2) + Math.imul(order, k6)) | 0) + Math.imul(timeLow, k14),
          ((Math.imul(slot, k2) + Math.imul(leaves, k6)) | 0) + Math.imul(place.book, k10),
        ),
      )
      lanes[3] = turn(
        lanes[3] as number,
        join(
          Math.imul(timeHigh, k15),
          ((Math.imul(2, k3) + Math.imul(slot, k7)) | 0) + Math.imul(timeHigh, k15),
          Math.imul(whose, k3) + Math.imul(displayed, k7),
        ),
      )
    }

    // out of its level
    const sell = flags & 1
    const index = bySide(sell, price - config.lowestPrice, config.highestPrice - price)
    const level = (memory.bidsAt + (-sell & memory.levelWords) + (index << levelShift)) & within
    const after = ints[word + at.next] as number
    const before = ints[word + at.previous] as number
    if (after === 0) ints[level + 1] = before
    else ints[(((after << slotShift) + slotsAt) & within) + at.previous] = before
    if (before === 0) ints[level] = after
    else ints[(((before << slotShift) + slotsAt) & within) + at.next] = after
    const sum = (level >> 1) + 1
    doubles[sum] = (doubles[sum] as number) - displayed
    if (displayed !== leaves) book.sameSide(flags).reduce(index, 0, leaves - displayed)
    if ((after | before) === 0) book.sameSide(flags).close(index)

    // out of the lists of its account and session
    detach(ints, (memory.accountsAt + (whose << ownerShift)) & within, word, at.accountNext)
    if (itsSession !== 0)
      detach(ints, (memory.sessionsAt + (itsSession << ownerShift)) & within, word, at.sessionNext)

    ints[word + at.order] = 0
    ints[word + at.displayed] = 0
    ints[word + at.next] = ints[cell.free] as number
    ints[cell.free] = slot
    if (risk !== undefined) {
      risk.gone(whose, flags, leaves, ints[word + at.valuation] as number)
    }
    return 2
  }
}
