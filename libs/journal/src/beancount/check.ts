import { abs, add, cmp, type Decimal, formatDecimal, sub, ZERO } from '../decimal.ts'
import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import type { Amount, Balance, BookedDirective, BookedTransaction, Open } from './ast.ts'
import type { BeancountOptions } from './options.ts'
import { balanceTolerance } from './pad.ts'

/** Checks opens, closes, currencies and assertions over the booked directives, in order. */
export function checkAll(
  directives: readonly BookedDirective[],
  options: BeancountOptions,
  report: Report,
): void {
  const checker = new Checker(options, report)
  for (const directive of directives) checker.know(directive)
  for (const directive of directives) checker.check(directive)
}

type Sums = Map<string, Decimal>

/** Checks directives one after another. */
export class Checker {
  readonly #options: BeancountOptions
  readonly #report: Report
  readonly #opens = new Map<string, Open>()
  readonly #active = new Set<string>()
  readonly #closed = new Map<string, string>()
  readonly #opened = new Set<string>()
  readonly #commodities = new Set<string>()
  /** What asserted accounts hold, subaccounts included; every account's own as long as any may still be asserted. */
  readonly #asserted = new Map<string, Sums>()
  readonly #own: Map<string, Sums> | undefined
  readonly #above = new Map<string, Sums[]>()
  readonly #seen = new Map<string, Balance>()
  #day = ''

  /** `keepAll`: accounts may be asserted that `know` was not told of. */
  constructor(options: BeancountOptions, report: Report, keepAll = false) {
    this.#options = options
    this.#report = report
    this.#own = keepAll ? new Map() : undefined
  }

  /** Notes what will be opened and asserted. Sums run only for accounts that are asserted. */
  know(directive: BookedDirective): void {
    if (directive.kind === 'open' && !this.#opens.has(directive.account))
      this.#opens.set(directive.account, directive)
    if (directive.kind === 'balance' && this.#own === undefined)
      this.#asserted.set(directive.account, new Map())
  }

  check(directive: BookedDirective): void {
    this.#checkLifetime(directive)
    if (directive.kind === 'commodity') this.#checkCommodity(directive.currency, directive)
    else if (directive.kind === 'transaction') this.#add(directive)
    else if (directive.kind === 'balance') this.#assert(directive)
  }

  #use(account: string, at: SourceRef, mayBeClosed: boolean): void {
    if (this.#active.has(account) || (mayBeClosed && this.#closed.has(account))) return
    const report = this.#report
    const detail = { account }
    if (this.#closed.has(account)) report.error(at, 'account_closed', `${account} is closed`, detail)
    else if (this.#opens.has(account))
      report.error(at, 'account_not_open', `${account} is not open yet`, detail)
    else report.error(at, 'account_unknown', `${account} is never opened`, detail)
  }

  #checkLifetime(directive: BookedDirective): void {
    switch (directive.kind) {
      case 'open':
        if (this.#opened.has(directive.account))
          this.#report.error(directive, 'duplicate_open', `${directive.account} is opened twice`, {
            account: directive.account,
          })
        this.#opened.add(directive.account)
        this.#active.add(directive.account)
        break
      case 'close':
        if (this.#closed.has(directive.account))
          this.#report.error(directive, 'duplicate_close', `${directive.account} is closed twice`, {
            account: directive.account,
          })
        else if (!this.#active.has(directive.account))
          this.#report.error(directive, 'close_unopened', `${directive.account} is closed but not open`, {
            account: directive.account,
          })
        this.#active.delete(directive.account)
        this.#closed.set(directive.account, directive.date)
        break
      case 'transaction':
        for (const posting of directive.postings) {
          this.#use(posting.account, posting, false)
          const allowed = this.#opens.get(posting.account)?.currencies
          if (allowed !== undefined && allowed.length > 0 && !allowed.includes(posting.units.currency))
            this.#report.error(
              posting,
              'currency_not_allowed',
              `${posting.account} may hold ${allowed.join(', ')}, not ${posting.units.currency}`,
              { account: posting.account, commodity: posting.units.currency },
            )
        }
        for (const posting of directive.empty) this.#use(posting.account, posting, false)
        break
      case 'pad':
        this.#use(directive.account, directive, false)
        this.#use(directive.source, directive, false)
        break
      case 'balance':
        this.#use(directive.account, directive, true)
        break
      case 'note':
      case 'document':
        if (directive.account !== undefined) this.#use(directive.account, directive, true)
        break
      default:
    }
  }

  #checkCommodity(currency: string, at: SourceRef): void {
    if (this.#commodities.has(currency))
      this.#report.error(at, 'duplicate_commodity', `${currency} is declared twice`, { commodity: currency })
    this.#commodities.add(currency)
  }

  #add({ postings }: BookedTransaction): void {
    for (const { account, units } of postings) {
      if (this.#own !== undefined) addTo(sumsOf(this.#own, account), units)
      for (const sums of this.#sumsOver(account)) addTo(sums, units)
    }
  }

  /** Of the asserted accounts those that this one counts for: itself and those above it. */
  #sumsOver(account: string): Sums[] {
    let found = this.#above.get(account)
    if (found !== undefined) return found
    found = []
    for (let end = account.length; end > 0; end = account.lastIndexOf(':', end - 1)) {
      const sums = this.#asserted.get(account.slice(0, end))
      if (sums !== undefined) found.push(sums)
    }
    this.#above.set(account, found)
    return found
  }

  #assert(balance: Balance): void {
    const { account, amount, date } = balance
    this.#report.assertions++
    const found = this.#held(account).get(amount.currency) ?? ZERO
    checkBalance(balance, found, this.#opens, this.#options, this.#report)
    // Directives come by date, so only assertions of the same day need to be remembered.
    if (date !== this.#day) this.#seen.clear()
    this.#day = date
    const key = `${account} ${amount.currency}`
    const earlier = this.#seen.get(key)
    if (earlier !== undefined && cmp(earlier.amount.number, amount.number) !== 0)
      this.#report.error(balance, 'duplicate_balance', `${account} has two different balances on one day`, {
        account,
      })
    this.#seen.set(key, balance)
  }

  /** What the account and those below it hold. At the first assertion nobody told of, that is summed up. */
  #held(account: string): Sums {
    const known = this.#asserted.get(account)
    if (known !== undefined) return known
    const sums: Sums = new Map()
    for (const [name, own] of this.#own ?? []) {
      if (name !== account && !name.startsWith(`${account}:`)) continue
      for (const [currency, number] of own) addTo(sums, { currency, number })
      this.#above.delete(name)
    }
    this.#asserted.set(account, sums)
    return sums
  }
}

function sumsOf(all: Map<string, Sums>, account: string): Sums {
  const known = all.get(account)
  if (known !== undefined) return known
  const sums: Sums = new Map()
  all.set(account, sums)
  return sums
}

function addTo(sums: Sums, { currency, number }: Amount): void {
  sums.set(currency, add(sums.get(currency) ?? ZERO, number))
}

function checkBalance(
  balance: Balance,
  found: Decimal,
  opens: ReadonlyMap<string, Open>,
  options: BeancountOptions,
  report: Report,
): void {
  const { account, amount } = balance
  const allowed = opens.get(account)?.currencies
  if (allowed !== undefined && allowed.length > 0 && !allowed.includes(amount.currency))
    report.error(balance, 'currency_not_allowed', `${account} may not hold ${amount.currency}`, {
      account,
      commodity: amount.currency,
    })
  const off = sub(found, amount.number)
  if (cmp(abs(off), balanceTolerance(balance, options)) <= 0) return
  const expected = formatDecimal(amount.number)
  const actual = formatDecimal(found)
  report.error(
    balance,
    'assertion',
    `${account}: expected ${expected} ${amount.currency}, found ${actual} ${amount.currency}`,
    { account, commodity: amount.currency, expected, found: actual },
  )
}
