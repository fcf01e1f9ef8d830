import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import { AmountReader } from './amount.ts'
import { addComment, emptyNote } from './note.ts'
import { type NumberStyle, styleOf } from './number.ts'
import type { Sink } from './parser.ts'
import type { State } from './state.ts'
import { SyntaxProblem } from './syntax.ts'

/** A directive's line without its comment, and the indented lines below it with their places. */
export interface Declaration {
  readonly rest: string
  readonly comment: string
  readonly at: SourceRef
  readonly block: readonly (readonly [string, SourceRef])[]
}

function words(text: string): readonly [string, string] {
  const [, word = '', value = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? []
  return [word, value]
}

/** The commodity and number style that a sample amount such as `1.000,00 EUR` shows. */
export function readSample(text: string, state: State): { commodity: string; style: NumberStyle } {
  const reader = new AmountReader(text, {
    dialect: state.dialect,
    defaultCommodity: undefined,
    styleFor: () => undefined,
  })
  const { commodity } = reader.amount()
  return { commodity, style: styleOf(reader.raw) }
}

export function declareAccount(declaration: Declaration, state: State, sink: Sink, report: Report): void {
  const { rest, comment, at, block } = declaration
  const note = emptyNote()
  addComment(note, comment, 'hledger')
  const name = state.resolve(rest.split(/ {2,}|\t/)[0]?.trim() ?? '')
  if (name === '') throw new SyntaxProblem('expected an account')
  for (const [text, where] of block) {
    const [word, value] = words(text)
    if (text[0] === ';') addComment(note, text.slice(1), 'hledger')
    else if (word === 'alias') state.alias(`${value}=${name}`)
    else if (word === 'default') state.bucket = name
    else if (word === 'note') addComment(note, `note: ${value}`, 'ledger')
    else if (['assert', 'check', 'eval'].includes(word))
      report.skipped(where, `account ${word}`, 'value expressions are not evaluated')
    else report.error(where, 'unsupported_directive', `"${text}" is not read under an account`)
  }
  sink.account(name, note, at)
}

export function declareCommodity(declaration: Declaration, state: State, sink: Sink, report: Report): void {
  const { rest, comment, at, block } = declaration
  const note = emptyNote()
  addComment(note, comment, 'hledger')
  let code = rest.replace(/^"(.*)"$/, '$1')
  let style: NumberStyle | undefined
  if (/\d/.test(rest) && !/^"[^"]*"$/.test(rest)) {
    const sample = readSample(rest, state)
    code = sample.commodity
    style = sample.style
  }
  for (const [text, where] of block) {
    const [word, value] = words(text)
    if (text[0] === ';') addComment(note, text.slice(1), 'hledger')
    else if (word === 'format') style = readSample(value, state).style
    else if (word === 'note') addComment(note, `note: ${value}`, 'ledger')
    else if (word === 'default') state.defaultCommodity = code
    else if (word !== 'nomarket')
      report.error(where, 'unsupported_directive', `"${text}" is not read under a commodity`)
  }
  if (style !== undefined) state.styles.set(code, style)
  sink.commodity(code, note.metadata, style, at)
}
