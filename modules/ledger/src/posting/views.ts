import { formatDecimal } from '@florin/money'
import type { HoldStatus } from '../domain/book.ts'
import type { Forward, Hold, HoldStateView, Stamp, Transaction } from '../schemas.ts'
import type { RecordKind } from '../store/journal.ts'
import { instant } from '../store/rows.ts'

/** What of a journal record is shown. Times in epoch milliseconds. */
export interface ShownRecord {
  readonly id: string
  readonly seq: bigint
  readonly kind: RecordKind
  readonly bookedAt: number
  readonly valueTime: number
  readonly reference: string | undefined
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly forced: boolean
  readonly reason: string | undefined
  readonly actor: string
  readonly subject: string | undefined
}

export interface ShownPosting {
  readonly debit: string
  readonly credit: string
  readonly asset: string
  readonly exponent: number
  readonly amount: bigint
}

export interface ShownHold extends ShownPosting {
  readonly id: string
  readonly remaining: bigint
  readonly settled: bigint
  readonly status: HoldStatus
  readonly expiresAt: number | undefined
}

type TransactionKind = Transaction['kind']

export function isTransactionKind(kind: RecordKind): kind is TransactionKind {
  return (
    kind === 'transaction' ||
    kind === 'settlement' ||
    kind === 'reversal' ||
    kind === 'correction' ||
    kind === 'closing'
  )
}

function transactionView(
  ledger: string,
  record: ShownRecord,
  postings: readonly ShownPosting[],
): Transaction {
  const { kind } = record
  if (!isTransactionKind(kind)) throw new Error(`The record ${record.id} is a ${kind}, not a transaction`)
  return {
    ...common(ledger, record),
    kind,
    forced: record.forced,
    reason: record.reason ?? null,
    actor: record.actor,
    subject: record.subject ?? null,
    postings: postings.map(postingView),
  }
}

function postingView({ debit, credit, amount, exponent, asset }: ShownPosting) {
  return { debit, credit, amount: formatDecimal(amount, exponent), asset }
}

/** What became of a forward. */
export type ForwardEnd = Pick<Forward, 'status' | 'ended_by' | 'ended_at' | 'refusal'>

const pending: ForwardEnd = { status: 'pending', ended_by: null, ended_at: null, refusal: null }

/** A forward with the record that made it; as it was then unless told what became of it. */
export function forwardView(
  ledger: string,
  record: ShownRecord,
  postings: readonly ShownPosting[],
  end = pending,
): Forward {
  return {
    ...common(ledger, record),
    forced: record.forced,
    reason: record.reason ?? null,
    actor: record.actor,
    postings: postings.map(postingView),
    ...end,
  }
}

/**
 * What an order came to: the record, the transaction it booked, and the hold that it made or changed. The views are
 * made when somebody looks: of a batch mostly nobody does.
 */
export class Booked {
  readonly record: ShownRecord
  readonly #ledger: string
  readonly #postings: () => readonly ShownPosting[]
  readonly #hold: ShownHold | undefined

  constructor(
    ledger: string,
    record: ShownRecord,
    postings: () => readonly ShownPosting[],
    hold: ShownHold | undefined,
  ) {
    this.#ledger = ledger
    this.record = record
    this.#postings = postings
    this.#hold = hold
  }

  get stamp(): Stamp {
    return stampOf(this.#ledger, this.record)
  }

  get transaction(): Transaction | undefined {
    if (!isTransactionKind(this.record.kind)) return undefined
    return transactionView(this.#ledger, this.record, this.#postings())
  }

  /** What it moved, or will move. */
  get postings(): readonly ShownPosting[] {
    return this.#postings()
  }

  get hold(): HoldStateView | undefined {
    return this.#hold === undefined ? undefined : holdState(this.#hold)
  }
}

export function bookedOf(
  ledger: string,
  record: ShownRecord,
  postings: readonly ShownPosting[],
  hold: ShownHold | undefined,
): Booked {
  return new Booked(ledger, record, () => postings, hold)
}

/** A hold as it stands, without the record that made it. */
export function holdState(hold: ShownHold): HoldStateView {
  const show = (minor: bigint): string => formatDecimal(minor, hold.exponent)
  return {
    id: hold.id,
    debit: hold.debit,
    credit: hold.credit,
    asset: hold.asset,
    amount: show(hold.amount),
    remaining: show(hold.remaining),
    settled: show(hold.settled),
    status: hold.status,
    expires_at: hold.expiresAt === undefined ? null : instant(hold.expiresAt),
  }
}

/** A hold with the record that made it. */
export function holdView(ledger: string, record: ShownRecord, hold: HoldStateView): Hold {
  return { ...common(ledger, record), ...hold }
}

/** Which record says so. */
function stampOf(ledger: string, record: ShownRecord): Stamp {
  return { id: record.id, ledger, seq: String(record.seq), booked_at: instant(record.bookedAt) }
}

function common(ledger: string, record: ShownRecord) {
  return {
    id: record.id,
    ledger,
    seq: String(record.seq),
    booked_at: instant(record.bookedAt),
    value_time: instant(record.valueTime),
    reference: record.reference ?? null,
    description: record.description ?? null,
    metadata: { ...record.metadata },
  }
}
