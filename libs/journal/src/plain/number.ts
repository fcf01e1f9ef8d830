import { type Decimal, MAX_DIGITS } from '../decimal.ts'
import { type Dialect, SyntaxProblem } from './syntax.ts'

/** How a commodity's numbers are written, from a `commodity`, `D` or `decimal-mark` directive. */
export interface NumberStyle {
  readonly decimal: string | undefined
  readonly group: string | undefined
  readonly precision: number
}

const NUMBER =
  /(?:\d+(?:[.,'\u00a0\u202f]\d+)*(?:[ \u00a0\u202f]\d{3}(?!\d)(?:[.,]\d{3}(?!\d))*)*(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+(?![A-Za-z\d]))?/y
const MAX_EXPONENT = 1000

/** The raw text of the number at `pos`, or undefined. */
export function scanNumber(text: string, pos: number): string | undefined {
  NUMBER.lastIndex = pos
  return NUMBER.exec(text)?.[0]
}

/**
 * The value of a number whose marks may mean two things. A single mark that no style explains is a decimal
 * mark to hledger; to ledger a comma before exactly three digits groups thousands.
 */
export function readNumber(raw: string, style: NumberStyle | undefined, dialect: Dialect): Decimal {
  if (raw.length > MAX_DIGITS) throw new SyntaxProblem(`a number has more than ${MAX_DIGITS} digits`)
  const e = raw.search(/[eE]/)
  const mantissa = e < 0 ? raw : raw.slice(0, e)
  const value = readMantissa(mantissa, style, dialect)
  if (e < 0) return value
  const exponent = Number(raw.slice(e + 1))
  if (Math.abs(exponent) > MAX_EXPONENT) throw new SyntaxProblem(`the exponent of ${raw} is too large`)
  const s = value.s - exponent
  return s >= 0 ? { n: value.n, s } : { n: value.n * 10n ** BigInt(-s), s: 0 }
}

function readMantissa(raw: string, style: NumberStyle | undefined, dialect: Dialect): Decimal {
  const marks = raw.match(/[.,]/g) ?? []
  const other = raw.match(/['\s]/) !== null
  const mark = decimalMark(raw, marks, other, style, dialect)
  const at = mark === undefined ? -1 : raw.lastIndexOf(mark)
  const digits = raw.replace(/\D/g, '')
  if (at < 0) return { n: BigInt(digits === '' ? '0' : digits), s: 0 }
  const s = raw.slice(at + 1).replace(/\D/g, '').length
  return { n: BigInt(digits === '' ? '0' : digits), s }
}

function decimalMark(
  raw: string,
  marks: readonly string[],
  spaced: boolean,
  style: NumberStyle | undefined,
  dialect: Dialect,
): string | undefined {
  const last = marks.at(-1)
  if (last === undefined) return undefined
  const kinds = new Set(marks)
  if (kinds.size === 2) {
    if (marks.filter((mark) => mark === last).length > 1)
      throw new SyntaxProblem(`the number ${raw} has its decimal mark twice`)
    return last
  }
  if (marks.length > 1) return undefined
  if (spaced) return last
  const fraction = raw.length - raw.indexOf(last) - 1
  if (fraction === 0 || raw.startsWith(last)) return last
  if (style?.decimal !== undefined) return style.decimal === last ? last : undefined
  if (style?.group !== undefined) return style.group === last ? undefined : last
  if (style !== undefined && style.precision === 0) return undefined
  return dialect === 'ledger' && last === ',' && fraction === 3 ? undefined : last
}

/** The style a sample amount such as `1.000,00` shows. */
export function styleOf(raw: string): NumberStyle {
  const marks = raw.match(/[.,]/g) ?? []
  const last = marks.at(-1)
  const groups = marks.length > 1 && last === marks[0]
  const decimal = groups ? undefined : last
  const space = raw.match(/['\s]/)?.[0]
  const group = groups ? last : marks.length > 1 ? marks[0] : space
  const precision = decimal === undefined ? 0 : raw.length - raw.lastIndexOf(decimal) - 1
  return { decimal, group, precision }
}
