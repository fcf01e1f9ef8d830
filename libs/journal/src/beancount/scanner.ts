import { isDay } from '../calendar.ts'
import { add, type Decimal, div28, MAX_DIGITS, mul, neg, round28, sub } from '../decimal.ts'

/** Thrown inside the parser only: one line (or block) is given up, the next one is read. */
export class SyntaxProblem extends Error {}

/** A string is not closed: in a part of a file, perhaps because the rest is still to come. */
export class OpenString extends SyntaxProblem {}

const NUMBER = /(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?![\d,])/y
const CURRENCY = /[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9](?![A-Za-z0-9'._-])/y
// Components start with a capital or a digit; beyond ASCII every letter is taken.
const ACCOUNT = /[\p{Lu}][\p{L}\p{Nd}-]*(?::[\p{Lu}\p{Nd}][\p{L}\p{Nd}-]*)+(?![\p{L}\p{Nd}:_-])/uy
const ASCII_ACCOUNT = /[A-Z][A-Za-z0-9-]*(?::[A-Z0-9][A-Za-z0-9-]*)+(?![A-Za-z0-9:_\u0080-\uffff-])/y
const DATE = /(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)/y
const TAG = /#([A-Za-z0-9\-_/.]+)/y
const LINK = /\^([A-Za-z0-9\-_/.]+)/y
const KEY = /([a-z][a-zA-Z0-9\-_]+):/y
const WORD = /[A-Za-z_]+/y

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', b: '\b' }

/** Reads one text from left to right; every method takes what it names at the position, or nothing. */
export class Scanner {
  pos = 0
  line = 1
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Skips blanks within the line. */
  blanks(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.pos)
      if (c !== 32 && c !== 9) return
      this.pos++
    }
  }

  /** True at a comment, a line end or the end of the text. */
  atEnd(): boolean {
    this.blanks()
    const c = this.text.charCodeAt(this.pos)
    return Number.isNaN(c) || c === 10 || c === 59
  }

  expectEnd(): void {
    if (!this.atEnd()) throw new SyntaxProblem(`unexpected "${this.rest()}"`)
  }

  /** To the start of the next line, whatever stands between. */
  nextLine(): void {
    const end = this.text.indexOf('\n', this.pos)
    this.pos = end < 0 ? this.text.length : end + 1
    this.line++
  }

  /** The rest of the line, shortened for messages. */
  rest(): string {
    const end = this.text.indexOf('\n', this.pos)
    const rest = this.text.slice(this.pos, end < 0 ? undefined : end).trim()
    return rest.length > 60 ? `${rest.slice(0, 60)}…` : rest
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    this.blanks()
    pattern.lastIndex = this.pos
    const found = pattern.exec(this.text)
    if (found !== null) this.pos += found[0].length
    return found
  }

  private startsWith(code: number): boolean {
    this.blanks()
    return this.text.charCodeAt(this.pos) === code
  }

  take(symbol: string): boolean {
    this.blanks()
    if (!this.text.startsWith(symbol, this.pos)) return false
    this.pos += symbol.length
    return true
  }

  account(): string | undefined {
    return (this.match(ASCII_ACCOUNT) ?? this.match(ACCOUNT))?.[0]
  }

  currency(): string | undefined {
    return this.match(CURRENCY)?.[0]
  }

  word(): string | undefined {
    return this.match(WORD)?.[0]
  }

  // The three below are tried on every posting line: a look at one character spares the pattern.
  tag(): string | undefined {
    if (!this.startsWith(35)) return undefined
    return this.match(TAG)?.[1]
  }

  link(): string | undefined {
    if (!this.startsWith(94)) return undefined
    return this.match(LINK)?.[1]
  }

  key(): string | undefined {
    this.blanks()
    const c = this.text.charCodeAt(this.pos)
    if (!(c >= 97 && c <= 122)) return undefined
    return this.match(KEY)?.[1]
  }

  date(): string | undefined {
    const found = this.match(DATE)
    if (found === null) return undefined
    const [, year = '', month = '', day = ''] = found
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
    if (!isDay(Number(year), Number(month), Number(day)) || year < '0001')
      throw new SyntaxProblem(`no such day: ${date}`)
    return date
  }

  /** A quoted string, which may run over several lines. */
  string(): string | undefined {
    this.blanks()
    if (this.text.charCodeAt(this.pos) !== 34) return undefined
    const start = this.pos + 1
    const end = this.closingQuote(start)
    if (end < 0) throw new OpenString('a string is not closed')
    this.pos = end + 1
    const raw = this.text.slice(start, end)
    for (let at = raw.indexOf('\n'); at >= 0; at = raw.indexOf('\n', at + 1)) this.line++
    return raw.includes('\\') ? raw.replace(/\\([\s\S])/g, (_, c: string) => ESCAPES[c] ?? c) : raw
  }

  /** By search, not by pattern: a string left open in a large file must not exhaust the pattern's stack. */
  private closingQuote(from: number): number {
    for (let at = this.text.indexOf('"', from); at >= 0; at = this.text.indexOf('"', at + 1)) {
      let slashes = 0
      while (at - slashes > from && this.text.charCodeAt(at - slashes - 1) === 92) slashes++
      if (slashes % 2 === 0) return at
    }
    return -1
  }

  /** A number or an arithmetic expression of + − * / and parentheses. */
  number(): Decimal | undefined {
    this.blanks()
    const c = this.text.charCodeAt(this.pos)
    // Digits, ( + and − begin a number; anything else is left alone.
    if (!((c >= 48 && c <= 57) || c === 40 || c === 43 || c === 45)) return undefined
    return this.sum(0)
  }

  private sum(depth: number): Decimal {
    let value = this.product(depth)
    for (;;) {
      if (this.take('+')) value = round28(add(value, this.product(depth)))
      else if (this.take('-')) value = round28(sub(value, this.product(depth)))
      else return value
    }
  }

  private product(depth: number): Decimal {
    let value = this.factor(depth)
    for (;;) {
      if (this.take('*')) value = round28(mul(value, this.factor(depth)))
      else if (this.take('/')) {
        const by = this.factor(depth)
        if (by.n === 0n) throw new SyntaxProblem('division by zero')
        value = div28(value, by)
      } else return value
    }
  }

  private factor(depth: number): Decimal {
    if (depth > 200) throw new SyntaxProblem('an expression nests too deeply')
    if (this.take('-')) return neg(this.factor(depth + 1))
    if (this.take('+')) return this.factor(depth + 1)
    if (this.take('(')) {
      const value = this.sum(depth + 1)
      if (!this.take(')')) throw new SyntaxProblem('a parenthesis is not closed')
      return value
    }
    const found = this.match(NUMBER)
    if (found === null) throw new SyntaxProblem(`expected a number at "${this.rest()}"`)
    if (found[0].length > MAX_DIGITS) throw new SyntaxProblem(`a number has more than ${MAX_DIGITS} digits`)
    const written = found[0].includes(',') ? found[0].replaceAll(',', '') : found[0]
    const dot = written.indexOf('.')
    if (dot < 0) return { n: BigInt(written), s: 0 }
    return { n: BigInt(written.slice(0, dot) + written.slice(dot + 1)), s: written.length - dot - 1 }
  }
}
