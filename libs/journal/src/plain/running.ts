import { add, cmp, type Decimal, formatDecimal, sub, ZERO } from '../decimal.ts'
import type { Report } from '../report.ts'
import type { Amount, Posting } from './syntax.ts'

/** What every account holds so far: for assertions and for amounts given as a balance. */
export class RunningBalances {
  private readonly held = new Map<string, Map<string, Decimal>>()
  private readonly report: Report

  constructor(report: Report) {
    this.report = report
  }

  add(account: string, amounts: readonly Amount[]): void {
    let own = this.held.get(account)
    if (own === undefined) {
      own = new Map()
      this.held.set(account, own)
    }
    for (const { commodity, number } of amounts) own.set(commodity, add(own.get(commodity) ?? ZERO, number))
  }

  private balance(account: string, inclusive: boolean): Map<string, Decimal> {
    const own = this.held.get(account) ?? new Map<string, Decimal>()
    if (!inclusive) return own
    const sum = new Map(own)
    for (const [name, held] of this.held)
      if (name.startsWith(`${account}:`))
        for (const [commodity, number] of held) sum.set(commodity, add(sum.get(commodity) ?? ZERO, number))
    return sum
  }

  /** The movement that makes the asserted balance true. */
  assign(posting: Posting): Amount[] {
    const { assertion, account } = posting
    if (assertion === undefined) return []
    const now = this.balance(account, assertion.inclusive)
    const { commodity, number } = assertion.amount
    const amounts: Amount[] = []
    const own = sub(number, now.get(commodity) ?? ZERO)
    amounts.push({ commodity, number: own })
    if (assertion.all)
      for (const [other, held] of now)
        if (other !== commodity && held.n !== 0n)
          amounts.push({ commodity: other, number: { n: -held.n, s: held.s } })
    return amounts
  }

  check(posting: Posting): void {
    const { assertion, account, at } = posting
    if (assertion === undefined) return
    this.report.assertions++
    const now = this.balance(account, assertion.inclusive)
    const { commodity, number } = assertion.amount
    this.compare(at, account, commodity, number, now.get(commodity) ?? ZERO)
    if (!assertion.all) return
    for (const [other, held] of now) if (other !== commodity) this.compare(at, account, other, ZERO, held)
  }

  private compare(
    at: Posting['at'],
    account: string,
    commodity: string,
    wanted: Decimal,
    held: Decimal,
  ): void {
    if (cmp(wanted, held) === 0) return
    const expected = formatDecimal(wanted)
    const found = formatDecimal(held)
    this.report.error(
      at,
      'assertion',
      `${account}: expected ${expected} ${commodity}, found ${found} ${commodity}`,
      {
        account,
        commodity,
        expected,
        found,
      },
    )
  }
}
