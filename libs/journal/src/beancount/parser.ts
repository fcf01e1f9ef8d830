import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import type { RawDirective, RawPosting } from './ast.ts'
import { metaValue, need, parseDirective } from './directives.ts'
import { applyOption, type BeancountOptions } from './options.ts'
import { parsePosting } from './posting.ts'
import { OpenString, Scanner, SyntaxProblem } from './scanner.ts'

/** What one file says besides its directives. */
export interface ParsedFile {
  readonly directives: RawDirective[]
  readonly includes: { readonly path: string; readonly at: SourceRef }[]
  readonly plugins: { readonly name: string; readonly config: string | undefined; readonly at: SourceRef }[]
}

// Lines that begin like an org-mode heading or with a flag and a blank are no directives: beancount skips them.
const SKIPPED = /[*:#!&?%]|[PSTCURM][ \t]/y

type Meta = Record<string, string>

/** Reads one beancount file. Every problem is reported with its line; reading goes on after it. */
export class BeancountParser {
  private scan: Scanner
  private readonly file: string
  private readonly report: Report
  private readonly options: BeancountOptions
  private readonly isMain: boolean
  private readonly tags: string[] = []
  private readonly metas = new Map<string, string[]>()
  private out: ParsedFile = { directives: [], includes: [], plugins: [] }
  private isLast = true
  private hasTransactions = false
  /** An option that stands behind a transaction: who reads the file part by part has booked that one without it. */
  lateOption: SourceRef | undefined

  constructor(file: string, text: string, report: Report, options: BeancountOptions, isMain: boolean) {
    this.scan = new Scanner(text)
    this.file = file
    this.report = report
    this.options = options
    this.isMain = isMain
  }

  parse(): ParsedFile {
    this.parseAll()
    this.complainOfOpen()
    return this.out
  }

  /**
   * Reads the next part of the file, which must end where a line that is not indented begins. Gives what is in it, and
   * what of it can only be read with the part that follows.
   */
  parsePart(text: string, isLast: boolean): { readonly parsed: ParsedFile; readonly rest: string } {
    const { line } = this.scan
    this.scan = new Scanner(text)
    this.scan.line = line
    this.out = { directives: [], includes: [], plugins: [] }
    this.isLast = isLast
    const rest = this.parseAll()
    if (isLast) this.complainOfOpen()
    return { parsed: this.out, rest }
  }

  /** Gives the text that was left. */
  private parseAll(): string {
    const { scan } = this
    const length = scan.text.length
    while (scan.pos < length) {
      const { line, pos } = scan
      const errors = this.report.errors.length
      try {
        this.topLine()
      } catch (problem) {
        if (!(problem instanceof SyntaxProblem)) throw problem
        if (this.isUnfinished(problem)) {
          this.report.errors.length = errors
          scan.line = line
          return scan.text.slice(pos)
        }
        this.report.error({ file: this.file, line: Math.max(line, scan.line) }, 'syntax', problem.message)
        scan.nextLine()
        this.skipIndented()
      }
    }
    return ''
  }

  private isUnfinished(problem: SyntaxProblem): boolean {
    return problem instanceof OpenString && !this.isLast
  }

  private complainOfOpen(): void {
    for (const tag of this.tags)
      this.report.error(this.here(), 'unbalanced_tag', `pushtag #${tag} has no poptag`)
    for (const [key, values] of this.metas)
      if (values.length > 0)
        this.report.error(this.here(), 'unbalanced_meta', `pushmeta ${key}: has no popmeta`)
  }

  private here(): SourceRef {
    return { file: this.file, line: this.scan.line }
  }

  private skipIndented(): void {
    const { scan } = this
    for (;;) {
      const c = scan.text.charCodeAt(scan.pos)
      if (c !== 32 && c !== 9) return
      if (scan.atEnd() && scan.text.charCodeAt(scan.pos) !== 59) return
      scan.nextLine()
    }
  }

  private topLine(): void {
    const { scan } = this
    const start = scan.pos
    const c = scan.text.charCodeAt(start)
    if (c === 10) {
      scan.nextLine()
      return
    }
    if (c === 59) {
      scan.nextLine()
      return
    }
    if (c === 32 || c === 9) {
      if (!scan.atEnd()) throw new SyntaxProblem(`an indented line outside a directive: "${scan.rest()}"`)
      scan.nextLine()
      return
    }
    if (c >= 48 && c <= 57) {
      this.dated()
      return
    }
    SKIPPED.lastIndex = start
    if (SKIPPED.test(scan.text)) {
      if (c === 80 || (c >= 67 && c <= 85))
        this.report.skipped(
          this.here(),
          scan.rest(),
          'beancount ignores a line that begins with a flag letter',
        )
      scan.nextLine()
      return
    }
    this.undated()
  }

  private undated(): void {
    const { scan } = this
    const at = this.here()
    const word = scan.word() ?? ''
    switch (word) {
      case 'option': {
        const key = need(scan, scan.string(), 'an option name')
        const value = need(scan, scan.string(), 'an option value')
        this.option(key, value, at)
        break
      }
      case 'include':
        this.out.includes.push({ path: need(scan, scan.string(), 'a file name'), at })
        break
      case 'plugin': {
        const name = need(scan, scan.string(), 'a plugin name')
        this.out.plugins.push({ name, config: scan.string(), at })
        break
      }
      case 'pushtag':
        this.tags.push(need(scan, scan.tag(), 'a tag'))
        break
      case 'poptag': {
        const tag = need(scan, scan.tag(), 'a tag')
        const index = this.tags.indexOf(tag)
        if (index < 0) this.report.error(at, 'unbalanced_tag', `poptag #${tag} without pushtag`)
        else this.tags.splice(index, 1)
        break
      }
      case 'pushmeta': {
        const key = need(scan, scan.key(), 'a key')
        const values = this.metas.get(key) ?? []
        values.push(metaValue(scan))
        this.metas.set(key, values)
        break
      }
      case 'popmeta': {
        const key = need(scan, scan.key(), 'a key')
        if (this.metas.get(key)?.pop() === undefined)
          this.report.error(at, 'unbalanced_meta', `popmeta ${key}: without pushmeta`)
        break
      }
      default:
        scan.pos -= word.length
        throw new SyntaxProblem(`not a directive: "${scan.rest()}"`)
    }
    scan.expectEnd()
    scan.nextLine()
    this.skipIndentedMeta()
  }

  private option(key: string, value: string, at: SourceRef): void {
    // As in beancount, only the main file's options count; account roots hold for every file.
    if (!this.isMain && !key.startsWith('name_')) {
      this.report.skipped(at, `option "${key}"`, 'beancount reads options from the main file only')
      return
    }
    if (this.hasTransactions) this.lateOption ??= at
    const outcome = applyOption(this.options, key, value)
    if (outcome === 'presentation')
      this.report.skipped(at, `option "${key}"`, 'it shapes reports, not the books')
    else if (outcome !== 'applied') this.report.error(at, 'option', outcome)
  }

  private account(): string {
    const { scan } = this
    const account = need(scan, scan.account(), 'an account')
    const root = account.slice(0, account.indexOf(':'))
    if (!this.options.roots.has(root))
      this.report.error(this.here(), 'account_root', `account ${account} is not under ${this.rootNames()}`, {
        account,
      })
    return account
  }

  private rootNames(): string {
    return [...this.options.roots.keys()].join(', ')
  }

  private dated(): void {
    const { scan } = this
    const line = scan.line
    const date = need(scan, scan.date(), 'a date')
    scan.blanks()
    const c = scan.text.charCodeAt(scan.pos)
    if (c < 97 || c > 122) {
      scan.pos++
      // A flag stands alone: one of the punctuation marks or one capital letter.
      if (!/[*!#&?%PSTCURM]/.test(String.fromCharCode(c))) {
        scan.pos--
        throw new SyntaxProblem(`expected a directive at "${scan.rest()}"`)
      }
      this.transaction(date, line, String.fromCharCode(c))
      return
    }
    const word = scan.word() ?? ''
    if (word === 'txn') {
      this.transaction(date, line, '*')
      return
    }
    const base = { file: this.file, line, date, meta: {} }
    const directive = parseDirective(scan, word, base, () => this.account(), this.report)
    scan.expectEnd()
    scan.nextLine()
    this.metaLines(base.meta)
    this.out.directives.push(directive)
  }

  private transaction(date: string, line: number, flag: string): void {
    const { scan } = this
    const strings: string[] = []
    for (;;) {
      const text = scan.string()
      if (text === undefined) {
        if (strings.length > 0 && scan.take('|'))
          throw new SyntaxProblem('the separator "|" is no longer read')
        break
      }
      strings.push(text)
    }
    if (strings.length > 2) throw new SyntaxProblem('a transaction has at most a payee and a narration')
    const tags = new Set<string>()
    const links = new Set<string>()
    this.tagsAndLinks(tags, links)
    scan.expectEnd()
    scan.nextLine()

    const own: Meta = {}
    const postings: RawPosting[] = []
    let meta = own
    while (this.atIndented()) {
      const lineStart = scan.line
      try {
        const key = scan.key()
        if (key !== undefined) this.addMeta(meta, key, metaValue(scan))
        else if (this.tagsAndLinks(tags, links)) {
          if (postings.length > 0) throw new SyntaxProblem('tags and links stand before the first posting')
        } else if (!scan.atEnd()) {
          const posting = parsePosting(scan, this.file, () => this.account(), this.report)
          postings.push(posting)
          meta = posting.meta
        }
        scan.expectEnd()
      } catch (problem) {
        if (!(problem instanceof SyntaxProblem) || this.isUnfinished(problem)) throw problem
        this.report.error({ file: this.file, line: lineStart }, 'syntax', problem.message)
      }
      scan.nextLine()
    }
    const pushed: Meta = {}
    for (const [key, values] of this.metas) {
      const value = values.at(-1)
      if (value !== undefined) pushed[key] = value
    }
    for (const tag of this.tags) tags.add(tag)
    this.hasTransactions = true
    this.out.directives.push({
      kind: 'transaction',
      file: this.file,
      line,
      date,
      flag,
      payee: strings.length === 2 ? strings[0] : undefined,
      narration: strings.at(-1) ?? '',
      tags: [...tags].sort(),
      links: [...links].sort(),
      meta: { ...pushed, ...own },
      postings,
    })
  }

  private tagsAndLinks(tags: Set<string>, links: Set<string>): boolean {
    let any = false
    for (;;) {
      const tag = this.scan.tag()
      if (tag !== undefined) tags.add(tag)
      const link = tag === undefined ? this.scan.link() : undefined
      if (link !== undefined) links.add(link)
      if (tag === undefined && link === undefined) return any
      any = true
    }
  }

  /** At the start of a line that is indented and not blank (a comment counts). */
  private atIndented(): boolean {
    const { scan } = this
    const c = scan.text.charCodeAt(scan.pos)
    if (c !== 32 && c !== 9) return false
    return !scan.atEnd() || scan.text.charCodeAt(scan.pos) === 59
  }

  private metaLines(meta: Meta): void {
    const { scan } = this
    while (this.atIndented()) {
      const lineStart = scan.line
      try {
        if (!scan.atEnd()) {
          const key = scan.key()
          if (key === undefined) {
            if (!this.tagsAndLinks(new Set(), new Set()))
              throw new SyntaxProblem(`expected metadata at "${scan.rest()}"`)
          } else this.addMeta(meta, key, metaValue(scan))
          scan.expectEnd()
        }
      } catch (problem) {
        if (!(problem instanceof SyntaxProblem) || this.isUnfinished(problem)) throw problem
        this.report.error({ file: this.file, line: lineStart }, 'syntax', problem.message)
      }
      scan.nextLine()
    }
  }

  private skipIndentedMeta(): void {
    this.metaLines({})
  }

  private addMeta(meta: Meta, key: string, value: string): void {
    // `__proto__` cannot occur: keys begin with a letter.
    if (Object.hasOwn(meta, key))
      this.report.error(this.here(), 'duplicate_metadata', `metadata ${key}: is given twice`)
    else meta[key] = value
  }
}
