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
function needsBalances(transaction: Transaction): boolean {
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
  const precision = displayPrecision(transactions, dialect, shown)
  const items: Item[] = []
  const out: Completed[] = []
  for (const transaction of transactions) {
    const booked = transaction.postings.map(
      (posting): Booked => ({
        posting,
        amounts: posting.amount === undefined ? undefined : [posting.amount],
      }),
    )
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
    for (const each of waiting.booked) if (hasAmount(each.posting)) post(each, running)
    const filled = balanceTransaction(waiting.transaction, waiting.booked, dialect, precision, report)
    for (const { posting, amounts } of filled ?? []) running.add(posting.account, amounts ?? [])
  }
  return out.sort((a, b) =>
    a.transaction.date < b.transaction.date ? -1 : a.transaction.date > b.transaction.date ? 1 : 0,
  )
}

function hasAmount(posting: Posting): boolean {
  return posting.amount !== undefined || posting.assertion !== undefined
}

function post(booked: Booked, running: RunningBalances): void {
  const { posting } = booked
  if (posting.amount === undefined && posting.assertion !== undefined)
    booked.amounts = running.assign(posting)
  running.add(posting.account, booked.amounts ?? [])
  if (posting.amount !== undefined || posting.assertion === undefined) running.check(posting)
}

/** How many decimals decide whether a remainder counts: declared, else the most written in a posting. */
function displayPrecision(
  transactions: readonly Transaction[],
  dialect: Dialect,
  { styles, samples }: Shown,
): (commodity: string) => number {
  const most = new Map(samples)
  for (const { postings } of transactions)
    for (const { amount } of postings)
      if (amount !== undefined && amount.number.s > (most.get(amount.commodity) ?? 0))
        most.set(amount.commodity, amount.number.s)
  return (commodity) => {
    const declared = styles.get(commodity)?.precision
    const seen = most.get(commodity) ?? 0
    if (declared === undefined) return seen
    return dialect === 'ledger' ? Math.max(declared, seen) : declared
  }
}
