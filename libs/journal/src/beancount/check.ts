import { abs, add, cmp, type Decimal, formatDecimal, sub, ZERO } from '../decimal.ts'
import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import type { Balance, BookedDirective, Open } from './ast.ts'
import type { BeancountOptions } from './options.ts'
import { balanceTolerance } from './pad.ts'

/** Checks opens, closes, currencies and assertions over the booked directives, in order. */
export function checkAll(
  directives: readonly BookedDirective[],
  options: BeancountOptions,
  report: Report,
): void {
  const opens = new Map<string, Open>()
  for (const directive of directives)
    if (directive.kind === 'open' && !opens.has(directive.account)) opens.set(directive.account, directive)
  checkLifetimes(directives, opens, report)
  checkCommodities(directives, report)
  checkBalances(directives, opens, options, report)
}

function checkLifetimes(
  directives: readonly BookedDirective[],
  opens: ReadonlyMap<string, Open>,
  report: Report,
): void {
  const active = new Set<string>()
  const closed = new Map<string, string>()
  const opened = new Set<string>()
  const use = (account: string, at: SourceRef, mayBeClosed: boolean) => {
    if (active.has(account) || (mayBeClosed && closed.has(account))) return
    const detail = { account }
    if (closed.has(account)) report.error(at, 'account_closed', `${account} is closed`, detail)
    else if (opens.has(account)) report.error(at, 'account_not_open', `${account} is not open yet`, detail)
    else report.error(at, 'account_unknown', `${account} is never opened`, detail)
  }
  for (const directive of directives) {
    switch (directive.kind) {
      case 'open':
        if (opened.has(directive.account))
          report.error(directive, 'duplicate_open', `${directive.account} is opened twice`, {
            account: directive.account,
          })
        opened.add(directive.account)
        active.add(directive.account)
        break
      case 'close':
        if (closed.has(directive.account))
          report.error(directive, 'duplicate_close', `${directive.account} is closed twice`, {
            account: directive.account,
          })
        else if (!active.has(directive.account))
          report.error(directive, 'close_unopened', `${directive.account} is closed but not open`, {
            account: directive.account,
          })
        active.delete(directive.account)
        closed.set(directive.account, directive.date)
        break
      case 'transaction':
        for (const posting of directive.postings) {
          use(posting.account, posting, false)
          const allowed = opens.get(posting.account)?.currencies
          if (allowed !== undefined && allowed.length > 0 && !allowed.includes(posting.units.currency))
            report.error(
              posting,
              'currency_not_allowed',
              `${posting.account} may hold ${allowed.join(', ')}, not ${posting.units.currency}`,
              { account: posting.account, commodity: posting.units.currency },
            )
        }
        for (const posting of directive.empty) use(posting.account, posting, false)
        break
      case 'pad':
        use(directive.account, directive, false)
        use(directive.source, directive, false)
        break
      case 'balance':
        use(directive.account, directive, true)
        break
      case 'note':
      case 'document':
        if (directive.account !== undefined) use(directive.account, directive, true)
        break
      default:
    }
  }
}

function checkCommodities(directives: readonly BookedDirective[], report: Report): void {
  const seen = new Set<string>()
  for (const directive of directives) {
    if (directive.kind !== 'commodity') continue
    if (seen.has(directive.currency))
      report.error(directive, 'duplicate_commodity', `${directive.currency} is declared twice`, {
        commodity: directive.currency,
      })
    seen.add(directive.currency)
  }
}

/** Sums run only for accounts that are asserted, so an assertion costs one look-up. */
function checkBalances(
  directives: readonly BookedDirective[],
  opens: ReadonlyMap<string, Open>,
  options: BeancountOptions,
  report: Report,
): void {
  const sums = new Map<string, Map<string, Decimal>>()
  for (const directive of directives) if (directive.kind === 'balance') sums.set(directive.account, new Map())
  if (sums.size === 0) return
  const known = new Map<string, Map<string, Decimal>[]>()
  const sumsOver = (account: string): Map<string, Decimal>[] => {
    let found = known.get(account)
    if (found === undefined) {
      found = []
      for (let end = account.length; end > 0; end = account.lastIndexOf(':', end - 1)) {
        const sum = sums.get(account.slice(0, end))
        if (sum !== undefined) found.push(sum)
      }
      known.set(account, found)
    }
    return found
  }
  const seen = new Map<string, Balance>()
  for (const directive of directives) {
    if (directive.kind === 'transaction') {
      for (const { account, units } of directive.postings)
        for (const sum of sumsOver(account))
          sum.set(units.currency, add(sum.get(units.currency) ?? ZERO, units.number))
    } else if (directive.kind === 'balance') {
      report.assertions++
      checkBalance(
        directive,
        sums.get(directive.account)?.get(directive.amount.currency) ?? ZERO,
        opens,
        options,
        report,
      )
      const key = `${directive.account} ${directive.amount.currency} ${directive.date}`
      const earlier = seen.get(key)
      if (earlier !== undefined && cmp(earlier.amount.number, directive.amount.number) !== 0)
        report.error(
          directive,
          'duplicate_balance',
          `${directive.account} has two different balances on one day`,
          {
            account: directive.account,
          },
        )
      seen.set(key, directive)
    }
  }
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
