import { abs, add, cmp, type Decimal, formatDecimal, mul, neg, sub, ZERO } from '../decimal.ts'
import type { Report } from '../report.ts'
import type { Balance, BookedDirective, BookedTransaction, Pad } from './ast.ts'
import type { BeancountOptions } from './options.ts'

/** How far a balance may be off: as said by `~`, else twice the multiplier of the last digit written. */
export function balanceTolerance(balance: Balance, options: BeancountOptions): Decimal {
  if (balance.tolerance !== undefined) return balance.tolerance
  const { s } = balance.amount.number
  if (s <= 0) return ZERO
  return mul({ n: 1n, s }, mul(options.toleranceMultiplier, { n: 2n, s: 0 }))
}

interface Event {
  readonly order: number
  readonly move?: { readonly currency: string; readonly number: Decimal; readonly atCost: boolean }
  readonly pad?: Pad
  readonly balance?: Balance
}

/** Adds, after each pad, the transactions that make the next assertion of its account true. */
export function insertPads(
  directives: readonly BookedDirective[],
  options: BeancountOptions,
  report: Report,
): BookedDirective[] {
  const padded = new Set<string>()
  for (const directive of directives) if (directive.kind === 'pad') padded.add(directive.account)
  if (padded.size === 0) return [...directives]

  const events = collectEvents(directives, padded)
  const inserted = new Map<Pad, BookedTransaction[]>()
  for (const account of [...padded].sort())
    padAccount(account, events.get(account) ?? [], options, inserted, report)

  const out: BookedDirective[] = []
  for (const directive of directives) {
    out.push(directive)
    if (directive.kind !== 'pad') continue
    const made = inserted.get(directive)
    if (made === undefined)
      report.error(
        directive,
        'unused_pad',
        `the pad of ${directive.account} is not needed by any assertion`,
        {
          account: directive.account,
        },
      )
    else out.push(...made)
  }
  return out
}

/** For each padded account, what happens to it and its subaccounts, in order. */
function collectEvents(
  directives: readonly BookedDirective[],
  padded: ReadonlySet<string>,
): Map<string, Event[]> {
  const events = new Map<string, Event[]>([...padded].map((account) => [account, []]))
  const above = new Map<string, string[]>()
  const ancestors = (account: string): string[] => {
    let found = above.get(account)
    if (found === undefined) {
      found = [...padded].filter((root) => account === root || account.startsWith(`${root}:`))
      above.set(account, found)
    }
    return found
  }
  directives.forEach((directive, order) => {
    if (directive.kind === 'transaction') {
      for (const { account, units, cost } of directive.postings)
        for (const root of ancestors(account))
          events.get(root)?.push({
            order,
            move: { currency: units.currency, number: units.number, atCost: cost !== undefined },
          })
    } else if (directive.kind === 'pad') events.get(directive.account)?.push({ order, pad: directive })
    else if (directive.kind === 'balance')
      for (const root of ancestors(directive.account)) events.get(root)?.push({ order, balance: directive })
  })
  return events
}

function padAccount(
  account: string,
  events: readonly Event[],
  options: BeancountOptions,
  inserted: Map<Pad, BookedTransaction[]>,
  report: Report,
): void {
  const held = new Map<string, Decimal>()
  const atCost = new Set<string>()
  let active: Pad | undefined
  let done = new Set<string>()
  for (const { move, pad, balance } of events) {
    if (move !== undefined) {
      held.set(move.currency, add(held.get(move.currency) ?? ZERO, move.number))
      if (move.atCost) atCost.add(move.currency)
    }
    if (pad !== undefined) {
      active = pad
      done = new Set()
    }
    if (balance === undefined) continue
    const { currency, number } = balance.amount
    const difference = sub(number, held.get(currency) ?? ZERO)
    if (
      cmp(abs(difference), balanceTolerance(balance, options)) > 0 &&
      active !== undefined &&
      !done.has(currency)
    ) {
      if (atCost.has(currency))
        report.error(balance, 'pad_at_cost', `${account} holds ${currency} at cost: it cannot be padded`, {
          account,
        })
      const made = inserted.get(active) ?? []
      made.push(padding(active, balance, difference))
      inserted.set(active, made)
      held.set(currency, number)
    }
    done.add(currency)
  }
}

function padding(pad: Pad, balance: Balance, difference: Decimal): BookedTransaction {
  const { currency, number } = balance.amount
  const posting = (account: string, amount: Decimal) => ({
    file: pad.file,
    line: pad.line,
    flag: undefined,
    account,
    units: { number: amount, currency },
    cost: undefined,
    price: undefined,
    priceText: undefined,
    meta: {},
    interpolated: false,
  })
  return {
    kind: 'transaction',
    file: pad.file,
    line: pad.line,
    date: pad.date,
    meta: { ...pad.meta },
    flag: 'P',
    payee: undefined,
    narration:
      `(Padding inserted for Balance of ${formatDecimal(number)} ${currency} ` +
      `for difference ${formatDecimal(difference)} ${currency})`,
    tags: [],
    links: [],
    postings: [posting(pad.account, difference), posting(pad.source, neg(difference))],
    empty: [],
    synthetic: true,
  }
}
