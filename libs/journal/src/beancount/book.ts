import { abs, add, cmp, type Decimal, formatDecimal } from '../decimal.ts'
import type { Report } from '../report.ts'
import type {
  BookedDirective,
  BookedPosting,
  BookedTransaction,
  RawDirective,
  RawPosting,
  RawTransaction,
} from './ast.ts'
import { groupByCurrency } from './categorize.ts'
import { interpolateGroup, weight } from './interpolate.ts'
import { Inventory } from './inventory.ts'
import { type BeancountOptions, type BookingMethod, bookingMethod } from './options.ts'
import { bookReductions } from './reduce.ts'
import { inferTolerances, toleranceFor } from './tolerance.ts'

/** Completes every transaction, in order, against the lots its accounts hold by then. */
export function bookAll(
  directives: readonly RawDirective[],
  options: BeancountOptions,
  report: Report,
): BookedDirective[] {
  const booker = new Booker(options, report)
  for (const directive of directives) booker.know(directive)
  return directives.map((directive) => booker.book(directive))
}

/** Completes transactions one after another. */
export class Booker {
  readonly #methods = new Map<string, BookingMethod>()
  readonly #balances = new Map<string, Inventory>()
  readonly #options: BeancountOptions
  readonly #report: Report

  constructor(options: BeancountOptions, report: Report) {
    this.#options = options
    this.#report = report
  }

  /** Notes how an account that is opened is booked; before anything of it is. */
  know(directive: RawDirective): void {
    if (directive.kind !== 'open' || directive.booking === undefined) return
    const method = bookingMethod(directive.booking)
    if (method !== undefined) this.#methods.set(directive.account, method)
  }

  book(directive: RawDirective): BookedDirective {
    if (directive.kind !== 'transaction') return directive
    const methodOf = (account: string) => this.#methods.get(account) ?? this.#options.booking
    return bookOne(directive, this.#balances, methodOf, this.#options, this.#report)
  }
}

function bookOne(
  entry: RawTransaction,
  balances: Map<string, Inventory>,
  methodOf: (account: string) => BookingMethod,
  options: BeancountOptions,
  report: Report,
): BookedTransaction {
  let failed = false
  const fail = (at: RawPosting, code: string, message: string) => {
    failed = true
    report.error(at, code, message, { account: at.account })
  }
  const groups = groupByCurrency(entry, balances, fail)
  const tolerances = inferTolerances(entry.postings, options)
  const postings: BookedPosting[] = []
  const empty: RawPosting[] = []
  if (!failed)
    for (const { currency, postings: members } of groups) {
      const matched = bookReductions(entry.date, members, balances, methodOf, fail)
      if (matched === undefined) continue
      const done = interpolateGroup(entry.date, currency, matched, tolerances, fail)
      postings.push(...done.postings)
      if (done.empty !== undefined) empty.push(done.empty)
    }
  // With no currency group at all, the elided posting was never looked at.
  if (groups.length === 0) empty.push(...entry.postings)
  for (const posting of postings) {
    let held = balances.get(posting.account)
    if (held === undefined) {
      held = new Inventory()
      balances.set(posting.account, held)
    }
    held.add(posting.units, posting.cost)
  }
  if (!failed) checkBalance(entry, postings, options, report)
  // Booked group by group; shown in the order of the file.
  postings.sort((a, b) => a.line - b.line)
  return { ...entry, postings, empty: dedupe(empty, postings), synthetic: false }
}

/** An elided posting may be empty in one currency and not in another: then it is not empty. */
function dedupe(empty: RawPosting[], postings: readonly BookedPosting[]): RawPosting[] {
  if (empty.length === 0) return empty
  const used = new Set(postings.map(({ file, line }) => `${file}:${line}`))
  return [...new Set(empty)].filter(({ file, line }) => !used.has(`${file}:${line}`))
}

function checkBalance(
  entry: RawTransaction,
  postings: readonly BookedPosting[],
  options: BeancountOptions,
  report: Report,
): void {
  const residual = new Map<string, Decimal>()
  for (const posting of postings) {
    const { number, currency } = weight(posting)
    const known = residual.get(currency)
    residual.set(currency, known === undefined ? number : add(known, number))
  }
  let tolerances: ReturnType<typeof inferTolerances> | undefined
  const left: string[] = []
  for (const [currency, number] of residual) {
    if (number.n === 0n) continue
    tolerances ??= inferTolerances(postings, options)
    if (cmp(abs(number), toleranceFor(tolerances, currency)) > 0)
      left.push(`${formatDecimal(number)} ${currency}`)
  }
  if (left.length > 0)
    report.error(entry, 'unbalanced', `the transaction does not balance: ${left.join(', ')} is left over`)
}
