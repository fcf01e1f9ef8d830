import { type BookedEntry, Books, type Movement } from '../books.ts'
import { decodeAccount, decodeCommodity, decodeLine, decodeTransaction } from '../florin.ts'
import type { AccountType, JournalFile, JournalResult, JournalSource, ReadOptions } from '../model.ts'
import type { Report } from '../report.ts'
import { cleanText, findIncludes } from '../source.ts'
import { accountTypeByPrefix } from '../types.ts'
import { type BookedDirective, type BookedTransaction, compareDirectives, type RawDirective } from './ast.ts'
import { bookAll } from './book.ts'
import { checkAll } from './check.ts'
import { costText } from './inventory.ts'
import { type BeancountOptions, defaultOptions } from './options.ts'
import { insertPads } from './pad.ts'
import { BeancountParser, type ParsedFile } from './parser.ts'
import { applyPlugins } from './plugins.ts'

const WHY: Readonly<Record<string, string>> = {
  price: 'market prices are not part of the books',
  note: 'notes are not part of the books',
  document: 'documents are not part of the books',
  event: 'events are not part of the books',
  query: 'queries are not part of the books',
  custom: 'custom directives are not part of the books',
}

/** Reads, books and checks a beancount journal with everything it includes. */
export function readBeancount(source: JournalSource, options: ReadOptions, report: Report): JournalResult {
  const settings = defaultOptions()
  const directives: RawDirective[] = []
  const plugins: ParsedFile['plugins'] = []
  const files: string[] = []
  const queue: JournalFile[] = [source]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    files.push(file.name)
    const parsed = new BeancountParser(
      file.name,
      cleanText(file, report),
      report,
      settings,
      files.length === 1,
    ).parse()
    // Not push(...list): a large file would overflow the stack of arguments.
    for (const directive of parsed.directives) directives.push(directive)
    plugins.push(...parsed.plugins)
    for (const { path, at } of parsed.includes)
      for (const found of findIncludes(source, path, at, report)) {
        if (files.includes(found.name) || queue.some(({ name }) => name === found.name))
          report.error(at, 'include_twice', `${found.name} is included more than once (or includes itself)`)
        else queue.push(found)
      }
  }
  directives.sort(compareDirectives)
  let booked = insertPads(bookAll(directives, settings, report), settings, report)
  booked = applyPlugins(plugins, booked, report).sort(compareDirectives)
  checkAll(booked, settings, report)

  const books = new Books(report, options.conversionAccount ?? conversionAccount(settings))
  const rename = (currency: string) => options.commodities?.[currency] ?? currency
  for (const directive of booked) {
    const entry = take(directive, books, rename, report)
    if (entry !== undefined) books.entry(entry)
  }
  const typeOf = (account: string): AccountType | undefined =>
    accountTypeByPrefix(options.types, account) ?? settings.roots.get(account.slice(0, account.indexOf(':')))
  return books.close('beancount', files, typeOf)
}

export function conversionAccount({ roots }: BeancountOptions): string {
  const equity = [...roots].find(([, type]) => type === 'equity')?.[0] ?? 'Equity'
  return `${equity}:Conversions`
}

/** Tells the books what a directive says; a transaction is given as an entry for them. */
export function take(
  directive: BookedDirective,
  books: Books,
  rename: (currency: string) => string,
  report: Report,
): BookedEntry | undefined {
  const { file, line } = directive
  switch (directive.kind) {
    case 'open':
      books.account(directive.account, {
        opened: directive.date,
        metadata: {
          ...decodeAccount(directive.meta),
          ...(directive.currencies.length === 0 ? {} : { currencies: directive.currencies.join(', ') }),
          ...(directive.booking === undefined ? {} : { booking: directive.booking }),
        },
        source: { file, line },
      })
      break
    case 'close':
      books.account(directive.account, { closed: directive.date, metadata: {}, source: { file, line } })
      break
    case 'commodity':
      books.commodity(rename(directive.currency), decodeCommodity(directive.meta), { file, line })
      break
    case 'transaction':
      return entryOf(directive, rename)
    case 'pad':
    case 'balance':
      break
    default:
      report.skipped(directive, directive.kind, WHY[directive.kind] ?? 'it is not part of the books')
  }
  return undefined
}

function entryOf(entry: BookedTransaction, rename: (currency: string) => string): BookedEntry {
  const movements: Movement[] = []
  for (const posting of entry.postings) {
    const metadata = decodeLine(posting.meta)
    if (posting.cost !== undefined) metadata.cost = costText(posting.cost)
    if (posting.priceText !== undefined)
      metadata.price = posting.priceText.replace(/^@@?\s*/, (at) => `${at.trim()} `)
    if (posting.flag !== undefined) metadata.flag = posting.flag
    movements.push({
      account: posting.account,
      commodity: rename(posting.units.currency),
      number: posting.units.number,
      metadata: metadata,
      source: { file: posting.file, line: posting.line },
    })
  }
  return {
    kind: entry.synthetic ? 'pad' : 'transaction',
    date: entry.date,
    status: entry.flag,
    ...(entry.payee === undefined ? {} : { payee: entry.payee }),
    links: entry.links,
    ...decodeTransaction({ narration: entry.narration, tags: entry.tags, metadata: entry.meta }),
    source: { file: entry.file, line: entry.line },
    movements,
    empty: entry.empty.map((posting) => ({
      account: posting.account,
      metadata: posting.meta,
      source: { file: posting.file, line: posting.line },
    })),
  }
}
