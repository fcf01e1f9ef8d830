import { abs, type Decimal, div28, ZERO } from '../decimal.ts'
import type { Report } from '../report.ts'
import { type CostSpec, MISSING, type Missing, type PartialAmount, type RawPosting } from './ast.ts'
import { type Scanner, SyntaxProblem } from './scanner.ts'

const FLAG = /[*!#&?%PSTCURM]/
const LONE_LETTER = /^[PSTCURM][ \t]/

/** Reads `[flag] account [amount] [{cost}] [@ price]`; the scanner stands after the indent. */
export function parsePosting(scan: Scanner, file: string, account: () => string, report: Report): RawPosting {
  const line = scan.line
  let flag: string | undefined
  const c = scan.text.charAt(scan.pos)
  if (FLAG.test(c) && (c < 'A' || LONE_LETTER.test(scan.text.slice(scan.pos, scan.pos + 2)))) {
    flag = c
    scan.pos++
    scan.blanks()
  }
  const name = account()
  let units: PartialAmount | undefined
  let cost: CostSpec | undefined
  let price: PartialAmount | undefined
  let priceText: string | undefined
  if (!scan.atEnd()) {
    units = partialAmount(scan)
    cost = parseCost(scan)
    const priceStart = scan.pos
    const total = scan.take('@@')
    if (total || scan.take('@')) {
      price = partialAmount(scan)
      priceText = scan.text.slice(priceStart, scan.pos).trim()
      price = perUnit(price, total, units, () => {
        report.error({ file, line }, 'total_price', 'a total price needs a number of units', {
          account: name,
        })
      })
      if (price?.number !== undefined && price.number !== MISSING && price.number.n < 0n) {
        report.error({ file, line }, 'negative_price', 'a price may not be negative', { account: name })
        price = { number: abs(price.number), currency: price.currency }
      }
    }
    const mixed =
      cost !== undefined &&
      price !== undefined &&
      cost.currency !== MISSING &&
      price.currency !== MISSING &&
      cost.currency !== price.currency
    if (mixed)
      report.error({ file, line }, 'cost_price_currency', 'cost and price must be in one currency', {
        account: name,
      })
    // Nothing but blanks after the account is the same as nothing at all, unless a cost or price follows.
    if (units.number === MISSING && units.currency === MISSING && cost === undefined && price === undefined)
      throw new SyntaxProblem(`expected an amount at "${scan.rest()}"`)
  }
  return { file, line, flag, account: name, units, cost, price, priceText, meta: {} }
}

function partialAmount(scan: Scanner): PartialAmount {
  const number = scan.number() ?? MISSING
  return { number, currency: scan.currency() ?? MISSING }
}

/** `@@ total` as the price of one unit: the number kept is rounded to 28 digits, as beancount does. */
function perUnit(
  price: PartialAmount,
  total: boolean,
  units: PartialAmount,
  complain: () => void,
): PartialAmount | undefined {
  if (!total) return price
  if (units.number === MISSING) {
    complain()
    return undefined
  }
  if (price.number === MISSING) return price
  const number = units.number.n === 0n ? ZERO : div28(price.number, abs(units.number))
  return { number, currency: price.currency }
}

/** `{…}` or `{{…}}`: number, `per # total`, currency, date and label in any order. */
function parseCost(scan: Scanner): CostSpec | undefined {
  const double = scan.take('{{')
  if (!double && !scan.take('{')) return undefined
  const close = double ? '}}' : '}'
  let compound:
    | { per: Decimal | Missing; total: Decimal | Missing | undefined; currency: string | Missing }
    | undefined
  let date: string | undefined
  let label: string | undefined
  while (!scan.take(close)) {
    if (scan.atEnd()) throw new SyntaxProblem('a cost is not closed')
    const string = scan.string()
    const day = string === undefined ? scan.date() : undefined
    if (string !== undefined) {
      if (label !== undefined) throw new SyntaxProblem('a cost has two labels')
      label = string
    } else if (day !== undefined) {
      if (date !== undefined) throw new SyntaxProblem('a cost has two dates')
      date = day
    } else if (scan.take('*')) {
      throw new SyntaxProblem('merging lots by {*} is not supported (nor is it by beancount 2)')
    } else {
      if (compound !== undefined) throw new SyntaxProblem('a cost has two amounts')
      compound = compoundAmount(scan)
    }
    if (!scan.take(',') && !scan.take('/')) {
      if (!scan.take(close)) throw new SyntaxProblem(`a cost is not closed at "${scan.rest()}"`)
      break
    }
  }
  if (compound === undefined) return { per: MISSING, total: undefined, currency: MISSING, date, label }
  if (!double) return { ...compound, date, label }
  if (compound.total !== undefined) throw new SyntaxProblem('{{…}} takes one number, the total')
  return { per: ZERO, total: compound.per, currency: compound.currency, date, label }
}

function compoundAmount(scan: Scanner): {
  per: Decimal | Missing
  total: Decimal | Missing | undefined
  currency: string | Missing
} {
  const per = scan.number() ?? MISSING
  const total = scan.take('#') ? (scan.number() ?? MISSING) : undefined
  const currency = scan.currency() ?? MISSING
  if (per === MISSING && total === undefined && currency === MISSING)
    throw new SyntaxProblem(`expected a cost at "${scan.rest()}"`)
  return { per, total, currency }
}
