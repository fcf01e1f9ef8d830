import type { Report } from '../report.ts'
import type { Balance, Base, Other } from './ast.ts'
import { bookingMethod } from './options.ts'
import { type Scanner, SyntaxProblem } from './scanner.ts'

/** What was taken, or a complaint that it is not there. */
export function need<T>(scan: Scanner, value: T | undefined, what: string): T {
  if (value === undefined) throw new SyntaxProblem(`expected ${what} at "${scan.rest()}"`)
  return value
}

/** Reads a dated directive from its keyword to the end of its line; `account` reads and checks an account. */
export function parseDirective(
  scan: Scanner,
  kind: string,
  base: Base,
  account: () => string,
  report: Report,
): Other {
  switch (kind) {
    case 'open': {
      const name = account()
      const currencies: string[] = []
      for (let c = scan.currency(); c !== undefined; c = scan.take(',') ? scan.currency() : undefined)
        currencies.push(c)
      const booking = scan.string()
      if (booking !== undefined && bookingMethod(booking) === undefined)
        report.error(base, 'booking_method', `invalid booking method "${booking}"`, { account: name })
      return { kind, ...base, account: name, currencies, booking }
    }
    case 'close':
      return { kind, ...base, account: account() }
    case 'commodity':
      return { kind, ...base, currency: need(scan, scan.currency(), 'a currency') }
    case 'pad':
      return { kind, ...base, account: account(), source: account() }
    case 'balance':
      return parseBalance(scan, base, account())
    case 'note':
    case 'document': {
      const name = account()
      need(scan, scan.string(), 'a text')
      while (scan.tag() !== undefined || scan.link() !== undefined);
      return { kind, ...base, account: name }
    }
    case 'event':
    case 'query':
      need(scan, scan.string(), 'a name')
      need(scan, scan.string(), 'a text')
      return { kind, ...base, account: undefined }
    case 'price':
      need(scan, scan.currency(), 'a currency')
      need(scan, scan.number(), 'a price')
      need(scan, scan.currency(), 'a currency')
      return { kind, ...base, account: undefined }
    case 'custom':
      need(scan, scan.string(), 'a type')
      while (!scan.atEnd()) need(scan, customValue(scan), 'a value')
      return { kind, ...base, account: undefined }
    default:
      throw new SyntaxProblem(`unknown directive "${kind}"`)
  }
}

function customValue(scan: Scanner): unknown {
  return scan.string() ?? scan.account() ?? scan.date() ?? scan.number() ?? scan.currency() ?? scan.word()
}

function parseBalance(scan: Scanner, base: Base, account: string): Balance {
  const number = need(scan, scan.number(), 'an amount')
  const tolerance = scan.take('~') ? need(scan, scan.number(), 'a tolerance') : undefined
  const currency = need(scan, scan.currency(), 'a currency')
  return { kind: 'balance', ...base, account, amount: { number, currency }, tolerance }
}

/** A metadata value as text; strings lose their quotes, everything else stays as written. */
export function metaValue(scan: Scanner): string {
  if (scan.atEnd()) return ''
  const text = scan.string()
  if (text !== undefined) return text
  const start = scan.pos
  if (scan.account() === undefined && scan.date() === undefined && scan.tag() === undefined) {
    if (scan.number() !== undefined) scan.currency()
    else if (scan.currency() === undefined) {
      const word = scan.word()
      if (word !== 'TRUE' && word !== 'FALSE' && word !== 'NULL')
        throw new SyntaxProblem(`not a metadata value: "${scan.rest()}"`)
    }
  }
  return scan.text.slice(start, scan.pos)
}
