import { type Decimal, neg } from '../decimal.ts'
import { type NumberStyle, readNumber, scanNumber } from './number.ts'
import { type Amount, type Assertion, type Cost, type Dialect, SyntaxProblem } from './syntax.ts'

/** What reading an amount needs to know of the directives before it. */
export interface AmountContext {
  readonly dialect: Dialect
  styleFor(commodity: string): NumberStyle | undefined
  /** Told of every number written with a decimal comma. */
  sawComma?(commodity: string): void
  /** The commodity of amounts without one (`D`). */
  readonly defaultCommodity: string | undefined
}

const SYMBOL = /[^\d\s.,;:"@*+\-=(){}[\]<>&|!?^/#%]+|[%#]/y

/** Reads the parts of a posting after its account, from left to right. */
export class AmountReader {
  pos = 0
  readonly text: string
  /** The number as written, for directives that show a style. */
  raw = ''
  private readonly context: AmountContext

  constructor(text: string, context: AmountContext) {
    this.text = text
    this.context = context
  }

  blanks(): void {
    while (this.text[this.pos] === ' ' || this.text[this.pos] === '\t') this.pos++
  }

  take(symbol: string): boolean {
    this.blanks()
    if (!this.text.startsWith(symbol, this.pos)) return false
    this.pos += symbol.length
    return true
  }

  atEnd(): boolean {
    this.blanks()
    return this.pos >= this.text.length
  }

  private symbol(): string | undefined {
    if (this.text[this.pos] === '"') {
      const end = this.text.indexOf('"', this.pos + 1)
      if (end < 0) throw new SyntaxProblem('a quoted commodity is not closed')
      const symbol = this.text.slice(this.pos + 1, end)
      this.pos = end + 1
      return symbol
    }
    SYMBOL.lastIndex = this.pos
    const found = SYMBOL.exec(this.text)?.[0]
    if (found !== undefined) this.pos += found.length
    return found
  }

  private sign(): boolean {
    this.blanks()
    if (this.take('-')) return true
    this.take('+')
    return false
  }

  /** Sign, symbol and number in any of the orders `-$1`, `$-1`, `-1 EUR`. */
  amount(): Amount {
    this.blanks()
    if (this.text[this.pos] === '(')
      throw new SyntaxProblem('value expressions in parentheses are not read', 'value_expression')
    let negative = this.sign()
    this.blanks()
    let commodity = this.symbol()
    if (commodity !== undefined && this.sign()) negative = !negative
    this.blanks()
    const raw = scanNumber(this.text, this.pos)
    if (raw === undefined) throw new SyntaxProblem(`expected an amount at "${this.text.slice(this.pos)}"`)
    this.pos += raw.length
    this.raw = raw
    if (commodity === undefined) {
      const before = this.pos
      this.blanks()
      commodity = this.symbol()
      if (commodity === undefined) this.pos = before
    }
    const { dialect, defaultCommodity } = this.context
    const name = commodity ?? defaultCommodity ?? ''
    const number: Decimal = readNumber(raw, this.context.styleFor(name), dialect)
    if (dialect === 'ledger' && number.s > 0 && raw[raw.length - number.s - 1] === ',')
      this.context.sawComma?.(name)
    return { number: negative ? neg(number) : number, commodity: name }
  }

  /** `@ price`, `@@ total`; `(@)` means the same for the books. */
  cost(): Cost | undefined {
    const total = this.take('@@') || this.take('(@@)')
    if (!total && !this.take('@') && !this.take('(@)')) return undefined
    this.take('=')
    return { total, amount: this.amount() }
  }

  /** `{price}`, `{{total}}`, `{=price}`; `{}` alone is nothing. */
  lot(): Cost | undefined {
    const total = this.take('{{')
    if (!total && !this.take('{')) return undefined
    this.take('=')
    const close = total ? '}}' : '}'
    if (this.take(close)) return undefined
    const amount = this.amount()
    if (!this.take(close)) throw new SyntaxProblem('a lot price is not closed')
    return { total, amount }
  }

  /** `[date]` or `(note)` after a lot, as written. */
  lotTag(open: string, close: string): string | undefined {
    if (!this.take(open)) return undefined
    const end = this.text.indexOf(close, this.pos)
    if (end < 0) throw new SyntaxProblem(`"${open}" is not closed`)
    const inner = this.text.slice(this.pos, end)
    this.pos = end + 1
    return inner
  }

  assertion(): Assertion | undefined {
    if (!this.take('=')) return undefined
    const all = this.text[this.pos] === '='
    if (all) this.pos++
    const inclusive = this.text[this.pos] === '*'
    if (inclusive) this.pos++
    const amount = this.amount()
    // hledger allows a cost here and does not look at it.
    this.lot()
    this.cost()
    return { all, inclusive, amount }
  }
}
