import { Books } from '../books.ts'
import type { AccountType, JournalTransaction, ReadOptions } from '../model.ts'
import { Report } from '../report.ts'
import { mostRemarks, NotStreamable, type StreamReader, type StreamResult } from '../streaming.ts'
import { accountTypeByPrefix } from '../types.ts'
import { compareDirectives, type Open, type RawDirective } from './ast.ts'
import { Booker } from './book.ts'
import { Checker } from './check.ts'
import { defaultOptions } from './options.ts'
import { BeancountParser, type ParsedFile } from './parser.ts'
import { applyPlugins, opensAccounts } from './plugins.ts'
import { conversionAccount, take } from './read.ts'

/** Behind every day. */
const afterAll = '9999-99-99'

/**
 * Reads a beancount journal whose directives stand in the order of their dates, a day at a time. Accounts, their lots
 * and sums stay in memory, and what stands on one day. Accounts may be opened anywhere before they are used.
 */
export class BeancountStream implements StreamReader {
  readonly format = 'beancount'
  readonly #name: string
  readonly #options: ReadOptions
  readonly #report = new Report(mostRemarks)
  readonly #settings = defaultOptions()
  readonly #parser: BeancountParser
  readonly #booker: Booker
  readonly #checker: Checker
  #books: Books | undefined
  #day = ''
  #group: RawDirective[] = []
  /** Accounts that are opened on days to come. */
  readonly #waiting = new Map<string, Open[]>()
  #given = 0

  constructor(name: string, options: ReadOptions) {
    this.#name = name
    this.#options = options
    this.#parser = new BeancountParser(name, '', this.#report, this.#settings, true)
    this.#booker = new Booker(this.#settings, this.#report)
    this.#checker = new Checker(this.#settings, this.#report, true)
  }

  read(text: string, isLast: boolean): { transactions: JournalTransaction[]; rest: string } {
    const { parsed, rest } = this.#parser.parsePart(text, isLast)
    this.#refuse(parsed)
    const transactions: JournalTransaction[] = []
    for (const directive of parsed.directives) this.#place(directive, transactions)
    if (isLast) this.#endDay(afterAll, transactions)
    this.#given += transactions.length
    return { transactions, rest }
  }

  result(): StreamResult {
    const books = this.#openBooks()
    if (books.lateName !== undefined)
      throw new NotStreamable(books.lateName, 'a name is told only after it was used')
    const typeOf = (account: string): AccountType | undefined =>
      accountTypeByPrefix(this.#options.types, account) ??
      this.#settings.roots.get(account.slice(0, account.indexOf(':')))
    const closed = books.close('beancount', [this.#name], typeOf)
    return {
      ...closed,
      transactions: this.#given,
      untold: this.#report.untold,
      learned: undefined,
      again: false,
    }
  }

  #refuse({ includes, plugins }: ParsedFile): void {
    const [include] = includes
    if (include !== undefined) throw new NotStreamable(include.at, 'it includes other files')
    const opening = plugins.find(({ name }) => opensAccounts(name))
    if (opening !== undefined) throw new NotStreamable(opening.at, `plugin "${opening.name}" looks ahead`)
    applyPlugins(plugins, [], this.#report)
    const { lateOption } = this.#parser
    if (lateOption !== undefined) throw new NotStreamable(lateOption, 'an option stands behind transactions')
  }

  #place(directive: RawDirective, transactions: JournalTransaction[]): void {
    const { kind, date } = directive
    if (kind === 'pad') throw new NotStreamable(directive, 'a pad depends on an assertion that comes later')
    if (kind === 'open' && date !== this.#day) {
      if (date < this.#day) this.#book(directive, transactions)
      else this.#waiting.set(date, [...(this.#waiting.get(date) ?? []), directive])
      return
    }
    // Names must be known before they are used, whatever day they are told on.
    if (kind === 'commodity') {
      this.#book(directive, transactions)
      return
    }
    if (date < this.#day)
      throw new NotStreamable(directive, `not in the order of dates: ${date} stands behind ${this.#day}`)
    if (date > this.#day) this.#endDay(date, transactions)
    this.#group.push(directive)
  }

  #endDay(next: string, transactions: JournalTransaction[]): void {
    for (const directive of this.#group.sort(compareDirectives)) this.#book(directive, transactions)
    this.#group = []
    this.#day = next
    for (const [date, opens] of [...this.#waiting].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (date > next) continue
      for (const open of opens) this.#book(open, transactions)
      this.#waiting.delete(date)
    }
  }

  #book(directive: RawDirective, transactions: JournalTransaction[]): void {
    this.#booker.know(directive)
    const booked = this.#booker.book(directive)
    this.#checker.know(booked)
    this.#checker.check(booked)
    const books = this.#openBooks()
    const entry = take(
      booked,
      books,
      (currency) => this.#options.commodities?.[currency] ?? currency,
      this.#report,
    )
    const transaction = entry === undefined ? undefined : books.convert(entry)
    if (transaction !== undefined) transactions.push(transaction)
  }

  /** Once the options are known. */
  #openBooks(): Books {
    this.#books ??= new Books(
      this.#report,
      this.#options.conversionAccount ?? conversionAccount(this.#settings),
    )
    return this.#books
  }
}
