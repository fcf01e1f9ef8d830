import type { Report } from '../report.ts'
import { type Booked, balanceTransaction } from './balance.ts'
import type { NumberStyle } from './number.ts'
import { RunningBalances } from './running.ts'
import type { Dialect, Posting, Transaction } from './syntax.ts'

/** A transaction with every amount known (none where it could not be completed: then there is an error). */
export interface Completed {
  readonly transaction: Transaction
  readonly booked: readonly Booked[]
}

/** How commodities are shown: by their directive, or by sample amounts that count like postings. */
export interface Shown {
  readonly styles: ReadonlyMap<string, NumberStyle>
  readonly samples: ReadonlyMap<string, number>
}

interface Item {
  readonly date: string
  /** One posting of a finished transaction, or a transaction that still waits for running balances. */
  readonly booked?: Booked
  readonly waiting?: Completed
}

/** Postings of these transactions take their amount from the balance their account has by then. */
export function needsBalances(transaction: Transaction): boolean {
  return transaction.postings.some(({ amount, assertion }) => amount === undefined && assertion !== undefined)
}

/**
 * Fills elided amounts and amounts given as balances, and checks assertions: by date in hledger (a posting's
 * own date counts), in the order of the file in ledger.
 */
export function completeAll(
  transactions: readonly Transaction[],
  dialect: Dialect,
  shown: Shown,
  report: Report,
): Completed[] {
  const digits = new Digits(dialect, shown)
  for (const transaction of transactions) digits.see(transaction)
  const precision = (commodity: string) => digits.of(commodity)
  const items: Item[] = []
  const out: Completed[] = []
  for (const transaction of transactions) {
    const booked = bookedOf(transaction)
    const done = { transaction, booked }
    out.push(done)
    if (dialect === 'ledger' || needsBalances(transaction)) {
      items.push({ date: transaction.date, waiting: done })
      continue
    }
    if (balanceTransaction(transaction, booked, dialect, precision, report) === undefined) continue
    for (const each of booked) items.push({ date: each.posting.date ?? transaction.date, booked: each })
  }
  if (dialect === 'hledger') items.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
  const running = new RunningBalances(report)
  for (const { booked, waiting } of items) {
    if (booked !== undefined) post(booked, running)
    if (waiting === undefined) continue
    completeWaiting(waiting, dialect, precision, running, report)
  }
  return out.sort((a, b) =>
    a.transaction.date < b.transaction.date ? -1 : a.transaction.date > b.transaction.date ? 1 : 0,
  )
}

function hasAmount(posting: Posting): boolean {
  return posting.amount !== undefined || posting.assertion !== undefined
}

export function post(booked: Booked, running: RunningBalances): void {
  const { posting } = booked
  if (posting.amount === undefined && posting.assertion !== undefined)
    booked.amounts = running.assign(posting)
  running.add(posting.account, booked.amounts ?? [])
  if (posting.amount !== undefined || posting.assertion === undefined) running.check(posting)
}

/** Completes a transaction that takes amounts from balances, or (ledger) any at its place in the file. */
export function completeWaiting(
  { transaction, booked }: Completed,
  dialect: Dialect,
  precision: (commodity: string) => number,
  running: RunningBalances,
  report: Report,
): boolean {
  for (const each of booked) if (hasAmount(each.posting)) post(each, running)
  const filled = balanceTransaction(transaction, booked, dialect, precision, report)
  for (const { posting, amounts } of filled ?? []) running.add(posting.account, amounts ?? [])
  return filled !== undefined
}

export function bookedOf(transaction: Transaction): Booked[] {
  return transaction.postings.map((posting) => ({
    posting,
    amounts: posting.amount === undefined ? undefined : [posting.amount],
  }))
}

/** How many decimals decide whether a remainder counts: declared, else the most written in a posting. */
export class Digits {
  readonly #dialect: Dialect
  readonly #shown: Shown
  readonly #most = new Map<string, number>()

  constructor(dialect: Dialect, shown: Shown) {
    this.#dialect = dialect
    this.#shown = shown
  }

  see({ postings }: Transaction): void {
    for (const { amount } of postings)
      if (amount !== undefined && amount.number.s > (this.#most.get(amount.commodity) ?? 0))
        this.#most.set(amount.commodity, amount.number.s)
  }

  of(commodity: string): number {
    const { styles, samples } = this.#shown
    const declared = styles.get(commodity)?.precision
    const seen = Math.max(this.#most.get(commodity) ?? 0, samples.get(commodity) ?? 0)
    if (declared === undefined) return seen
    return this.#dialect === 'ledger' ? Math.max(declared, seen) : declared
  }
}
