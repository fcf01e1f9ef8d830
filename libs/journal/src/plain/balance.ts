import { abs, add, type Decimal, formatDecimal, mul, neg, quantize, ZERO } from '../decimal.ts'
import type { Report } from '../report.ts'
import type { Amount, Dialect, Posting, Transaction } from './syntax.ts'

/** A posting with what it moves: nothing known yet, or one amount per commodity. */
export interface Booked {
  readonly posting: Posting
  amounts: Amount[] | undefined
}

/** What the posting counts for: its price, else (ledger: first of all) its lot price, else itself. */
function weightOf(posting: Posting, amount: Amount, dialect: Dialect): Amount {
  const rate = dialect === 'ledger' ? (posting.lot ?? posting.cost) : posting.cost
  if (rate === undefined) return amount
  if (!rate.total) return { number: mul(amount.number, rate.amount.number), commodity: rate.amount.commodity }
  const total = abs(rate.amount.number)
  return { number: amount.number.n < 0n ? neg(total) : total, commodity: rate.amount.commodity }
}

function sumWeights(booked: readonly Booked[], dialect: Dialect): Map<string, Decimal> {
  const sums = new Map<string, Decimal>()
  for (const { posting, amounts } of booked)
    for (const amount of amounts ?? []) {
      const { number, commodity } = weightOf(posting, amount, dialect)
      sums.set(commodity, add(sums.get(commodity) ?? ZERO, number))
    }
  return sums
}

/**
 * Fills the elided amount of the real and of the bracketed postings, and checks that each group balances at
 * the display precision of its commodities. Returns the postings filled; undefined where something is wrong.
 */
export function balanceTransaction(
  transaction: Transaction,
  booked: readonly Booked[],
  dialect: Dialect,
  precision: (commodity: string) => number,
  report: Report,
): Booked[] | undefined {
  const filled: Booked[] = []
  for (const virtual of [false, true]) {
    const group = booked.filter(({ posting }) => posting.virtual === virtual)
    const open = group.filter(({ amounts }) => amounts === undefined)
    const [hole, second] = open
    if (second !== undefined) {
      report.error(second.posting.at, 'too_many_elided', 'only one posting may leave its amount out', {
        account: second.posting.account,
      })
      return undefined
    }
    const sums = sumWeights(group, dialect)
    if (hole !== undefined) {
      hole.amounts = [...sums]
        .filter(([, number]) => number.n !== 0n)
        .map(([commodity, number]) => ({ commodity, number: neg(number) }))
      filled.push(hole)
      continue
    }
    const left = [...sums].filter(
      ([commodity, number]) => number.n !== 0n && quantize(number, precision(commodity)).n !== 0n,
    )
    if (left.length === 0 || isConversion(group, left)) continue
    const text = left.map(([commodity, number]) => `${formatDecimal(number)} ${commodity}`).join(', ')
    report.error(transaction.at, 'unbalanced', `the transaction does not balance: ${text} is left over`)
    return undefined
  }
  return filled
}

/** Two commodities of opposite sign and no price anywhere: one is taken as the price of the other. */
function isConversion(group: readonly Booked[], left: readonly [string, Decimal][]): boolean {
  const [a, b] = left
  if (a === undefined || b === undefined || left.length > 2) return false
  if (group.some(({ posting }) => posting.cost !== undefined)) return false
  return a[1].n < 0n !== b[1].n < 0n
}
