import { type BookedEntry, Books, type Movement } from '../books.ts'
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
  for (const done of completeAll(transactions, dialect, { styles, samples }, report))
    books.entry(entryOf(done, names))
  names.complain()
  return books.close(dialect, files, (account) => types.typeOf(account))
}

/** `equity:conversions`, spelled like the journal's own equity root. */
function conversionAccount(transactions: readonly Transaction[]): string {
  const spelling = new Spelling()
  for (const transaction of transactions) spelling.see(transaction)
  return spelling.conversionAccount
}

/** How a journal spells its equity root; where it has none, whether its accounts begin with capitals. */
export class Spelling {
  #root: string | undefined
  #capital: boolean | undefined

  see({ postings }: Transaction): void {
    if (this.#root !== undefined) return
    for (const { account } of postings) {
      this.#root ??= /^equity(?=:|$)/i.exec(account)?.[0]
      this.#capital ??= /^\p{Lu}/u.test(account)
    }
  }

  get conversionAccount(): string {
    const root = this.#root ?? (this.#capital === true ? 'Equity' : 'equity')
    return root === 'Equity' ? 'Equity:Conversions' : `${root}:conversions`
  }
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

/** What a completed transaction is to the books. */
export function entryOf({ transaction, booked }: Completed, names: CommodityNames): BookedEntry {
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
  return {
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
  }
}
