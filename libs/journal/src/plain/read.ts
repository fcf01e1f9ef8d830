import { Books, type Movement } from '../books.ts'
import { decodeAccount, decodeCommodity, decodeLine, decodeTransaction } from '../florin.ts'
import type { JournalResult, JournalSource, ReadOptions, SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import { cleanText, findIncludes } from '../source.ts'
import { type Completed, completeAll } from './complete.ts'
import type { NumberStyle } from './number.ts'
import { PlainParser, type Sink } from './parser.ts'
import { State } from './state.ts'
import { CommodityNames } from './symbols.ts'
import type { Amount, Dialect, Posting, Transaction } from './syntax.ts'
import { AccountTypes } from './types.ts'

/** Reads, completes and checks an hledger or ledger journal with everything it includes. */
export function readPlain(
  source: JournalSource,
  dialect: Dialect,
  options: ReadOptions,
  report: Report,
): JournalResult {
  const files: string[] = []
  const transactions: Transaction[] = []
  const styles = new Map<string, NumberStyle>()
  const samples = new Map<string, number>()
  const types = new AccountTypes(options.types)
  const declared: (() => void)[] = []
  const open: string[] = []

  // Depth first, so that an included file's transactions stand where it is included.
  const readFile = (name: string, content: string, state: State) => {
    files.push(name)
    open.push(name)
    const sink: Sink = {
      transaction: (transaction) => transactions.push(transaction),
      account: (account, note, at) => {
        const type = note.metadata.type
        if (type !== undefined && !types.declare(account, type))
          report.error(at, 'account_type', `not an account type: "${type}"`, { account })
        const metadata = decodeAccount(note.metadata, note.tags)
        declared.push(() => books.account(account, { metadata, source: at }))
      },
      commodity: (code, metadata, style, at) => {
        if (style !== undefined) styles.set(code, style)
        declared.push(() => books.commodity(names.name(code, at), decodeCommodity(metadata), at))
      },
      sample: (code, { precision }) => samples.set(code, Math.max(precision, samples.get(code) ?? 0)),
      include: (path, at, parent) => {
        for (const found of findIncludes(source, path, at, report)) {
          if (open.includes(found.name)) report.error(at, 'include_cycle', `${found.name} includes itself`)
          else readFile(found.name, cleanText(found, report), new State(dialect, parent))
        }
      },
    }
    new PlainParser(name, content, state, report, sink).parse()
    open.pop()
  }
  const names = new CommodityNames(options.commodities, report)
  readFile(source.name, cleanText(source, report), new State(dialect))

  const books = new Books(report, options.conversionAccount ?? conversionAccount(transactions))
  for (const declare of declared) declare()
  for (const done of completeAll(transactions, dialect, { styles, samples }, report)) take(done, books, names)
  names.complain()
  return books.close(dialect, files, (account) => types.typeOf(account))
}

/** `equity:conversions`, spelled like the journal's own equity root. */
function conversionAccount(transactions: readonly Transaction[]): string {
  let capital: boolean | undefined
  for (const { postings } of transactions)
    for (const { account } of postings) {
      const root = /^equity(?=:|$)/i.exec(account)?.[0]
      if (root !== undefined) return root === 'Equity' ? 'Equity:Conversions' : `${root}:conversions`
      capital ??= /^\p{Lu}/u.test(account)
    }
  return capital === true ? 'Equity:Conversions' : 'equity:conversions'
}

function lineMetadata(posting: Posting): Record<string, string> {
  return {
    ...decodeLine(posting.note.metadata, posting.note.tags),
    ...posting.annotations,
    ...(posting.status === undefined ? {} : { status: posting.status }),
    ...(posting.virtual ? { virtual: 'balanced' } : {}),
    ...(posting.date === undefined ? {} : { date: posting.date }),
  }
}

function take({ transaction, booked }: Completed, books: Books, names: CommodityNames): void {
  const movements: Movement[] = []
  const empty: { account: string; metadata: Record<string, string>; source: SourceRef }[] = []
  for (const { posting, amounts } of booked) {
    const metadata = lineMetadata(posting)
    const { account, at: source } = posting
    if (amounts === undefined || amounts.length === 0) empty.push({ account, metadata, source })
    for (const { number, commodity } of amounts ?? ([] as Amount[])) {
      if (number.n === 0n && commodity === '') empty.push({ account, metadata, source })
      else movements.push({ account, commodity: names.name(commodity, source), number, metadata, source })
    }
  }
  const { date, secondaryDate, status, code, payee, narration, note, at } = transaction
  books.entry({
    kind: 'transaction',
    date,
    ...(secondaryDate === undefined ? {} : { secondaryDate }),
    ...(status === undefined ? {} : { status }),
    ...(payee === undefined ? {} : { payee }),
    links: [],
    source: at,
    movements,
    empty,
    ...decodeTransaction({ code, narration, metadata: note.metadata, tags: [...note.tags].sort() }),
  })
}
