import { setImmediate as roundOfEvents } from 'node:timers/promises'
import { type Outcome, Refusal, type Unit } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { availableOf, standing } from '../domain/account.ts'
import type { BookAccount, BookHold, Effects, Move } from '../domain/book.ts'
import { carryOut } from '../domain/instruction.ts'
import { insertAccounts, saveBalances } from '../store/accounts.ts'
import { saveDues } from '../store/dues.ts'
import { type LedgerHead, saveHead } from '../store/head.ts'
import { saveHolds } from '../store/holds.ts'
import { appendJournal, type JournalRecord } from '../store/journal.ts'
import { type Statement, sendAll } from '../store/rows.ts'
import { ValueShifts } from '../store/value-days.ts'
import { checkExpiry, checkValueTime, expiryOrder, type Order, subjectOf } from './order.ts'
import { checkPeriod } from './period-check.ts'
import type { Loaded } from './surroundings.ts'
import { Booked, type ShownHold, type ShownPosting } from './views.ts'
import type { Turn } from './watching.ts'

/** Orders whose records are stored together: enough to be worth a statement, few enough to start early. */
const atOnce = 500
/** Statements that the server may be behind: a batch of any size needs bounded memory. */
const mostUnderWay = 10

/** What a batch needs of its unit. */
type Desk = Pick<Unit, 'db' | 'context' | 'emit'>

/** Orders applied to one ledger, and what has to be written for them. */
export class Batch {
  readonly #unit: Desk
  readonly #ledger: LedgerHead
  readonly #loaded: Loaded
  readonly #records: JournalRecord[] = []
  readonly #shifts = new ValueShifts()

  constructor(unit: Desk, ledger: LedgerHead, loaded: Loaded) {
    this.#unit = unit
    this.#ledger = ledger
    this.#loaded = loaded
  }

  /**
   * Ends the holds whose time has come before anything else is judged: an expired hold holds nothing. Those that an
   * order of the batch is about to end are left to it, or it would find them ended.
   */
  expireHolds(leave: ReadonlySet<string>): void {
    for (const hold of this.#loaded.expired) {
      if (!leave.has(hold)) this.#apply(expiryOrder(this.#unit.context, this.#ledger, hold))
    }
  }

  /** Works out the next orders while the server stores what came of the last ones. */
  async applyAll(orders: readonly Order[]): Promise<Outcome<Booked>[]> {
    const outcomes: Outcome<Booked>[] = []
    const storing: Promise<unknown>[] = []
    for (let from = 0; from < orders.length; from += atOnce) {
      for (const order of orders.slice(from, from + atOnce)) outcomes.push(this.apply(order))
      storing.push(sendAll(this.#unit.db, this.#takeRecords()))
      await storing.at(-mostUnderWay)
      // What was just sent leaves this process only when it comes round to its sockets.
      if (from + atOnce < orders.length) await roundOfEvents()
    }
    void sendAll(this.#unit.db, this.#concluding())
    return outcomes
  }

  apply(order: Order): Outcome<Booked> {
    try {
      return { done: this.#apply(order) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#loaded.dropOpened()
      this.refuse(order, error)
      return { refused: error }
    }
  }

  refuse(order: Order, refusal: Refusal): void {
    const told = { code: refusal.code, message: refusal.message, details: refusal.details }
    this.#record(
      order,
      this.#nextSeq(),
      { postings: [], reservations: [] },
      { refusal: told, request: order.request },
    )
  }

  write(): void {
    void sendAll(this.#unit.db, [...this.#takeRecords(), ...this.#concluding()])
  }

  #takeRecords(): Statement[] {
    const { id, bookedAt } = this.#ledger
    const records = this.#records.splice(0)
    return [
      ...appendJournal(id, bookedAt, records),
      ...saveDues(id, this.#loaded.policies.settlement, records),
    ]
  }

  /** What is kept beside the records: accounts, their counters, holds, and where the journal ends. */
  #concluding(): Statement[] {
    const { id, bookedAt } = this.#ledger
    const { book } = this.#loaded
    return [
      ...insertAccounts(id, this.#loaded.opened(), bookedAt),
      ...saveBalances(book.changedAccounts()),
      ...saveHolds(id, book.changedHolds()),
      ...this.#shifts.save(bookedAt),
      ...(this.#loaded.watching?.statements() ?? []),
      ...this.#loaded.forwards.statements(this.#ledger),
      saveHead(this.#ledger),
    ]
  }

  #apply(order: Order): Booked {
    const forced = order.force === true
    if (forced && order.context.reason === undefined) {
      throw new Refusal('reason_required', 'A forced posting needs a reason', {})
    }
    checkValueTime(order, this.#ledger.bookedAt)
    checkPeriod(this.#loaded.policies.calendar, order)
    checkExpiry(order.instruction, this.#ledger.bookedAt)
    const seq = this.#ledger.seq + 1n
    const { watching } = this.#loaded
    const check = watching && ((done: Effects) => watching.check(this.#turn(order, seq, done)))
    // closing entries move what there is; nobody asked for it
    const closing = order.instruction.kind === 'closing'
    const effects = this.#loaded.book.fold(seq, { forced: forced || closing, check }, (book) =>
      carryOut(book, this.#loaded, order.id, forced, order.instruction),
    )
    this.#loaded.keepOpened()
    this.#nextSeq()
    this.#tellOverdrafts(order)
    for (const event of watching?.tell(this.#turn(order, seq, effects)) ?? [])
      this.#unit.emit(event, order.context)
    this.#noteAmendment(order, effects)
    return this.#booked(this.#record(order, seq, effects, {}), effects)
  }

  #turn(order: Order, seq: bigint, effects: Effects): Turn {
    return { order, seq, effects, touched: this.#loaded.book.touched() }
  }

  #nextSeq(): bigint {
    this.#ledger.seq += 1n
    return this.#ledger.seq
  }

  #record(
    order: Order,
    seq: bigint,
    effects: Effects,
    refused: { refusal?: unknown; request?: unknown },
  ): JournalRecord {
    const { instruction } = order
    const record: JournalRecord = {
      seq,
      id: order.id,
      kind: instruction.kind,
      bookedAt: this.#ledger.bookedAt,
      valueTime: order.valueTime ?? this.#ledger.bookedAt,
      actor: order.context.actor.id,
      idempotencyKey: order.idempotencyKey,
      payloadHash: order.payloadHash,
      requestId: order.context.requestId,
      sourceIp: order.context.sourceIp,
      reason: order.context.reason,
      forced: order.force === true,
      reference: order.reference,
      description: order.description,
      metadata: order.metadata,
      subject: subjectOf(instruction),
      refusal: refused.refusal,
      request: refused.request,
      postings: effects.postings,
      reservations: effects.reservations,
    }
    this.#records.push(record)
    if (record.valueTime !== record.bookedAt)
      for (const posting of record.postings) this.#shifts.add(record.valueTime, posting)
    return record
  }

  /** Later orders of the same batch must see that a transaction was reversed, or corrected by what. */
  #noteAmendment({ id, instruction }: Order, effects: Effects): void {
    if (instruction.kind === 'reversal') this.#loaded.amend(instruction.transaction, { reversedBy: id })
    if (instruction.kind !== 'correction') return
    const { moves } = this.#loaded.original(instruction.transaction)
    this.#loaded.amend(instruction.transaction, { moves: [...moves, ...effects.postings] })
  }

  /** An account that went below what its policy allows, or came back, is announced. */
  #tellOverdrafts(order: Order): void {
    for (const { account: after, before } of this.#loaded.book.touched()) {
      const limit = after.overdraftLimit
      if (limit === undefined) continue
      const was = availableOf(after.type, before)
      const is = availableOf(after.type, after)
      const crossed =
        was >= -limit && is < -limit ? 'overdrawn' : was < -limit && is >= -limit ? 'recovered' : undefined
      if (crossed === undefined) continue
      this.#unit.emit(
        {
          type: `ledger.account.${crossed}`,
          subject: `${this.#ledger.name}/${after.address} ${after.asset}`,
          data: {
            ledger: this.#ledger.name,
            account: after.address,
            ...shown(after),
            transaction: order.id,
            forced: order.force === true,
          },
        },
        order.context,
      )
    }
  }

  #booked(record: JournalRecord, { postings }: Effects): Booked {
    const hold = this.#loaded.book.hold(record.kind === 'hold' ? record.id : (record.subject ?? ''))
    return new Booked(
      this.#ledger.name,
      record,
      () =>
        (record.kind === 'forward' ? this.#loaded.forwards.movesOf(record.id) : postings).map(shownPosting),
      hold === undefined ? undefined : shownHold(hold),
    )
  }
}

function shownHold(hold: BookHold): ShownHold {
  return { ...hold, ...shownPosting(hold) }
}

function shown(account: BookAccount): Readonly<Record<string, string>> {
  const { total, reserved, available } = standing(account.type, account)
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  return { asset: account.asset, total: show(total), reserved: show(reserved), available: show(available) }
}

function shownPosting({ debit, credit, amount }: Move): ShownPosting {
  return {
    debit: debit.address,
    credit: credit.address,
    asset: debit.asset,
    exponent: debit.exponent,
    amount,
  }
}
