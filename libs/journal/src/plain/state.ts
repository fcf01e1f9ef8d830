import type { NumberStyle } from './number.ts'
import { type Dialect, SyntaxProblem } from './syntax.ts'

interface Alias {
  readonly apply: (account: string) => string
}

/** What directives have set by now; an included file starts with a copy and cannot change its parent's. */
export class State {
  readonly dialect: Dialect
  year: string | undefined
  defaultCommodity: string | undefined
  decimalMark: string | undefined
  bucket: string | undefined
  readonly prefixes: string[]
  readonly tags: string[]
  aliases: Alias[]
  /** Shared by all files: `commodity` directives and, for ledger, styles seen. */
  readonly styles: Map<string, NumberStyle>

  constructor(dialect: Dialect, parent?: State) {
    this.dialect = dialect
    this.year = parent?.year
    this.defaultCommodity = parent?.defaultCommodity
    this.decimalMark = parent?.decimalMark
    this.bucket = parent?.bucket
    this.prefixes = [...(parent?.prefixes ?? [])]
    this.tags = [...(parent?.tags ?? [])]
    this.aliases = [...(parent?.aliases ?? [])]
    this.styles = parent?.styles ?? new Map()
  }

  styleFor(commodity: string): NumberStyle | undefined {
    if (this.decimalMark !== undefined) {
      const group = this.decimalMark === '.' ? ',' : '.'
      return { decimal: this.decimalMark, group, precision: 0 }
    }
    return this.styles.get(commodity)
  }

  /** ledger: from then on a lone point groups thousands in this commodity. */
  sawComma(commodity: string): void {
    if (!this.styles.has(commodity)) this.styles.set(commodity, { decimal: ',', group: '.', precision: 0 })
  }

  resolve(account: string): string {
    let name = [...this.prefixes, account].join(':')
    // The latest alias is tried first, and each works on the result of the one before.
    for (let i = this.aliases.length - 1; i >= 0; i--) name = this.aliases[i]?.apply(name) ?? name
    return name
  }

  /** `alias OLD=NEW` or `alias /REGEX/=REPLACEMENT`. */
  alias(text: string): void {
    const regex = /^\/((?:[^/\\]|\\.)+)\/\s*=\s*(.*)$/.exec(text)
    if (regex !== null) {
      const pattern = compile(regex[1] ?? '')
      const replacement = (regex[2] ?? '')
        .trim()
        .replaceAll('$', '$$$$')
        .replace(/\\(\d)/g, '$$$1')
      this.aliases.push({ apply: (account) => account.replace(pattern, replacement) })
      return
    }
    const equals = text.indexOf('=')
    if (equals < 1) throw new SyntaxProblem('an alias needs OLD=NEW')
    const from = text.slice(0, equals).trim()
    const to = text.slice(equals + 1).trim()
    this.aliases.push({
      apply: (account) =>
        account === from ? to : account.startsWith(`${from}:`) ? to + account.slice(from.length) : account,
    })
  }
}

function compile(pattern: string): RegExp {
  // hledger's regular expressions are POSIX extended ones: what only JavaScript knows would match otherwise.
  if (/\\[A-Za-z]|\(\?/.test(pattern)) throw new SyntaxProblem(`not a POSIX regular expression: /${pattern}/`)
  try {
    return new RegExp(pattern, 'gi')
  } catch {
    throw new SyntaxProblem(`not a regular expression: /${pattern}/`)
  }
}
