import type { Metadata, SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import { parseDate } from './dates.ts'
import { type Declaration, declareAccount, declareCommodity, readSample } from './declarations.ts'
import { addComment, emptyNote } from './note.ts'
import type { NumberStyle } from './number.ts'
import { parsePosting, postingDate } from './posting.ts'
import { skipReason } from './skipped.ts'
import type { State } from './state.ts'
import { type Note, type Posting, SyntaxProblem, type Transaction } from './syntax.ts'

/** What the parser finds, handed over as it goes, so that includes keep their place. */
export interface Sink {
  transaction(transaction: Transaction): void
  account(name: string, note: Note, at: SourceRef): void
  commodity(code: string, metadata: Metadata, style: NumberStyle | undefined, at: SourceRef): void
  include(path: string, at: SourceRef, state: State): void
  /** A sample amount (`D`): its digits count like those of a posting. */
  sample(commodity: string, style: NumberStyle): void
}

const HEADER = /^(\d[\d./-]*)(?:=(\d[\d./-]*))?(?:\s+|$)(?:([*!])\s*)?(?:\(([^)]*)\)\s*)?(.*)$/

/** Reads one hledger or ledger file. Every problem is reported with its line; reading goes on after it. */
export class PlainParser {
  private lines: string[]
  private readonly file: string
  private readonly report: Report
  private readonly sink: Sink
  private readonly state: State
  private index = 0
  /** Lines of the parts before this one. */
  private before = 0
  private isLast = true
  /** What ends the block that is skipped, and where it began. */
  private skipping: { readonly end: string; readonly at: SourceRef } | undefined

  constructor(file: string, text: string, state: State, report: Report, sink: Sink) {
    this.file = file
    this.lines = text.split('\n')
    this.state = state
    this.report = report
    this.sink = sink
  }

  /** Reads the next part of the file, which must end where a line that is not indented begins. */
  parsePart(text: string, isLast: boolean): void {
    this.before += this.lines.length
    this.lines = text.split('\n')
    if (!isLast) this.lines.pop()
    this.index = 0
    this.isLast = isLast
    if (this.skipping !== undefined) this.skipTo(this.skipping.end, this.skipping.at)
    this.parse()
  }

  /** Before the first of several parts: there was no text so far. */
  forgetText(): void {
    this.lines = []
  }

  parse(): void {
    while (this.index < this.lines.length) {
      const start = this.index
      try {
        this.topLine(this.lines[this.index] ?? '')
      } catch (problem) {
        if (!(problem instanceof SyntaxProblem)) throw problem
        this.report.error(this.at(start), problem.code, problem.message)
        this.index = Math.max(this.index, start + 1)
        this.block()
      }
    }
  }

  private at(index: number): SourceRef {
    return { file: this.file, line: this.before + index + 1 }
  }

  /** The indented lines that follow, with their indexes. */
  private block(): [string, number][] {
    const block: [string, number][] = []
    for (; this.index < this.lines.length; this.index++) {
      const line = this.lines[this.index] ?? ''
      if (line[0] !== ' ' && line[0] !== '\t') break
      const text = line.trim()
      if (text === '') break
      block.push([text, this.index])
    }
    return block
  }

  private topLine(line: string): void {
    const index = this.index++
    const c = line.charCodeAt(0)
    if (Number.isNaN(c) || c === 59 || c === 35 || c === 42) return
    if (c === 32 || c === 9) {
      const text = line.trim()
      if (text === '' || text[0] === ';') return
      throw new SyntaxProblem(`an indented line outside a transaction: "${text}"`)
    }
    if (c >= 48 && c <= 57) {
      this.transaction(line, index)
      return
    }
    if (this.state.dialect === 'ledger' && (c === 37 || c === 124)) return
    if (c === 126) {
      this.block()
      this.report.skipped(
        this.at(index),
        'periodic transaction',
        'it makes budgets and forecasts, not postings',
      )
      return
    }
    if (c === 61) {
      this.automated(index)
      return
    }
    this.directive(/^[!@]/.test(line) ? line.slice(1) : line, index)
  }

  private automated(index: number): void {
    this.block()
    if (this.state.dialect === 'ledger')
      throw new SyntaxProblem('an automated transaction would add postings: it is not applied', 'automated')
    this.report.skipped(this.at(index), 'auto posting rule', 'hledger applies it only with --auto')
  }

  private directive(line: string, index: number): void {
    const { state } = this
    const at = this.at(index)
    const semicolon = line.search(/(?:^|\s);/)
    const comment = semicolon < 0 ? '' : line.slice(line.indexOf(';', semicolon) + 1)
    const bare = (semicolon < 0 ? line : line.slice(0, semicolon)).trimEnd()
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(bare) ?? []
    switch (word) {
      case 'account':
        declareAccount(this.declaration(rest, comment, at), state, this.sink, this.report)
        return
      case 'commodity':
        declareCommodity(this.declaration(rest, comment, at), state, this.sink, this.report)
        return
      case 'include':
        this.sink.include(
          rest.replace(/^(?:journal|hledger|ledger):/, '').replace(/^"(.*)"$/, '$1'),
          at,
          state,
        )
        return
      case 'alias':
        state.alias(rest)
        return
      case 'comment':
      case 'test':
        this.skipTo(`end ${word}`, at)
        return
      case 'apply':
        this.apply(rest)
        return
      case 'end':
        this.end(rest)
        return
      case 'decimal-mark':
        if (rest !== '.' && rest !== ',') throw new SyntaxProblem('decimal-mark is . or ,')
        state.decimalMark = rest
        return
      case 'D': {
        const amount = readSample(rest, state)
        state.defaultCommodity = amount.commodity
        state.styles.set(amount.commodity, amount.style)
        this.sink.sample(amount.commodity, amount.style)
        return
      }
      case 'Y':
      case 'year':
        this.year(rest)
        return
      case 'A':
      case 'bucket':
        state.bucket = state.resolve(rest)
        return
      default:
    }
    if (/^Y\d{4}$/.test(word)) {
      this.year(word.slice(1))
      return
    }
    const why = skipReason(word, state.dialect)
    if (why === undefined)
      throw new SyntaxProblem(`not a directive that is read: "${bare}"`, 'unsupported_directive')
    this.block()
    this.report.skipped(at, word, why)
  }

  private year(text: string): void {
    if (!/^\d{4}$/.test(text)) throw new SyntaxProblem(`not a year: "${text}"`)
    this.state.year = text
  }

  private skipTo(end: string, at: SourceRef): void {
    for (; this.index < this.lines.length; this.index++)
      if ((this.lines[this.index] ?? '').trimEnd() === end) {
        this.index++
        this.skipping = undefined
        return
      }
    this.skipping = { end, at }
    if (!this.isLast) return
    this.report.notice(
      at,
      'open_comment',
      `the block is not closed by "${end}": the rest of the file is skipped`,
    )
  }

  private apply(rest: string): void {
    const [, what = '', value = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? []
    if (what === 'account' && value !== '') this.state.prefixes.push(value)
    else if (what === 'tag' && value !== '') this.state.tags.push(value)
    else if (what === 'year') this.year(value)
    else throw new SyntaxProblem(`"apply ${rest}" is not read`, 'unsupported_directive')
  }

  private end(rest: string): void {
    const { state } = this
    if (rest === 'aliases') state.aliases = []
    else if (rest === 'apply account') state.prefixes.pop()
    else if (rest === 'apply tag' || rest === 'tag') state.tags.pop()
    else if (rest === 'apply year') state.year = undefined
    else if (rest === 'apply') state.prefixes.pop()
    else throw new SyntaxProblem(`"end ${rest}" ends nothing`)
  }

  private declaration(rest: string, comment: string, at: SourceRef): Declaration {
    const block = this.block().map(([text, index]) => [text, this.at(index)] as const)
    return { rest, comment, at, block }
  }

  private transaction(line: string, index: number): void {
    const { state } = this
    const at = this.at(index)
    const semicolon = line.indexOf(';')
    const head = semicolon < 0 ? line : line.slice(0, semicolon)
    const found = HEADER.exec(head.trimEnd())
    if (found === null) throw new SyntaxProblem(`not a transaction: "${line}"`)
    const [, first = '', second, status, code, description = ''] = found
    const date = parseDate(first, state.year)
    const secondaryDate = second === undefined ? undefined : parseDate(second, date.slice(0, 4))
    const note = emptyNote()
    if (semicolon >= 0) addComment(note, line.slice(semicolon + 1), state.dialect)
    for (const tag of state.tags) this.appliedTag(note, tag)

    const postings: Posting[] = []
    let failed = false
    for (const [text, where] of this.block()) {
      try {
        this.inside(text, where, date.slice(0, 4), note, postings)
      } catch (problem) {
        if (!(problem instanceof SyntaxProblem)) throw problem
        this.report.error(this.at(where), problem.code, problem.message)
        failed = true
      }
    }
    if (failed) return
    const bar = state.dialect === 'hledger' ? description.indexOf('|') : -1
    this.addBucket(postings, at)
    this.sink.transaction({
      at,
      date,
      secondaryDate,
      status,
      code,
      payee: bar < 0 ? undefined : description.slice(0, bar).trim(),
      narration: (bar < 0 ? description : description.slice(bar + 1)).trim(),
      note,
      postings,
    })
  }

  private inside(text: string, where: number, year: string, note: Note, postings: Posting[]): void {
    const { state } = this
    if (
      text[0] === ';' ||
      (state.dialect === 'ledger' && /^[#%|*](?!\s*\S+ {2})/.test(text) && text[0] !== '*')
    ) {
      const last = postings.at(-1)
      addComment(last?.note ?? note, text.slice(1), state.dialect)
      if (last !== undefined) last.date ??= postingDate(text, { ...this.context(year) })
      return
    }
    postings.push(parsePosting(text, this.at(where), this.context(year)))
  }

  private context(year: string) {
    const { state } = this
    return {
      dialect: state.dialect,
      defaultCommodity: state.defaultCommodity,
      styleFor: (commodity: string) => state.styleFor(commodity),
      sawComma: (commodity: string) => state.sawComma(commodity),
      resolve: (account: string) => state.resolve(account),
      year,
    }
  }

  private appliedTag(note: Note, tag: string): void {
    const [, key, value] = /^([^\s:]+):\s*(.+)$/.exec(tag) ?? []
    if (key !== undefined && value !== undefined) addComment(note, `${key}: ${value}`, 'ledger')
    else note.tags.add(tag)
  }

  /** ledger: a lone posting is answered by the default account. */
  private addBucket(postings: Posting[], at: SourceRef): void {
    const { bucket } = this.state
    if (bucket === undefined || postings.length !== 1 || this.state.dialect !== 'ledger') return
    postings.push({
      at,
      status: undefined,
      account: bucket,
      virtual: false,
      amount: undefined,
      cost: undefined,
      lot: undefined,
      annotations: {},
      assertion: undefined,
      date: undefined,
      note: emptyNote(),
    })
  }
}
