import { Books } from '../books.ts'
import { decodeAccount, decodeCommodity } from '../florin.ts'
import type { JournalTransaction, ReadOptions } from '../model.ts'
import { Report } from '../report.ts'
import { mostRemarks, NotStreamable, type StreamReader, type StreamResult } from '../streaming.ts'
import { balanceTransaction } from './balance.ts'
import { bookedOf, type Completed, completeWaiting, Digits, needsBalances, post } from './complete.ts'
import type { NumberStyle } from './number.ts'
import { PlainParser, type Sink } from './parser.ts'
import { entryOf, Spelling } from './read.ts'
import { RunningBalances } from './running.ts'
import { State } from './state.ts'
import { CommodityNames } from './symbols.ts'
import type { Dialect, Transaction } from './syntax.ts'
import { AccountTypes } from './types.ts'

/** Known at the end of the file only. */
class Learned {
  readonly digits: Digits
  readonly spelling: Spelling

  constructor(digits: Digits, spelling: Spelling) {
    this.digits = digits
    this.spelling = spelling
  }
}

/** More decimals than any amount has: until all amounts were seen, only what balances exactly is believed to. */
const everyDigit = 200

/**
 * Reads an hledger or ledger journal whose transactions stand in the order of their dates, one at a time. Accounts and
 * what they hold stay in memory.
 */
export class PlainStream implements StreamReader {
  readonly format: Dialect
  readonly #name: string
  readonly #report = new Report(mostRemarks)
  readonly #styles = new Map<string, NumberStyle>()
  readonly #samples = new Map<string, number>()
  readonly #types: AccountTypes
  readonly #names: CommodityNames
  readonly #books: Books
  readonly #running: RunningBalances
  readonly #parser: PlainParser
  readonly #digits: Digits
  readonly #spelling = new Spelling()
  readonly #learned: Learned | undefined
  #taken: JournalTransaction[] = []
  #day = ''
  #given = 0
  #converts = false

  constructor(name: string, dialect: Dialect, options: ReadOptions, learned: unknown) {
    this.format = dialect
    this.#name = name
    this.#learned = learned instanceof Learned ? learned : undefined
    this.#types = new AccountTypes(options.types)
    this.#names = new CommodityNames(options.commodities, this.#report)
    const conversion = options.conversionAccount ?? this.#learned?.spelling.conversionAccount
    this.#books = new Books(this.#report, conversion ?? 'equity:conversions')
    this.#running = new RunningBalances(this.#report)
    this.#digits = new Digits(dialect, { styles: this.#styles, samples: this.#samples })
    this.#parser = new PlainParser(name, '', new State(dialect), this.#report, this.#sink())
    // An empty first part would count as a line.
    this.#parser.forgetText()
  }

  read(text: string, isLast: boolean): { transactions: JournalTransaction[]; rest: string } {
    this.#taken = []
    this.#parser.parsePart(text, isLast)
    this.#given += this.#taken.length
    return { transactions: this.#taken, rest: '' }
  }

  result(): StreamResult {
    if (this.#books.lateName !== undefined)
      throw new NotStreamable(this.#books.lateName, 'a name is told only after it was used')
    const { errors } = this.#report
    this.#names.complain()
    const isInexact = this.#converts || errors.some(({ code }) => code === 'unbalanced')
    const closed = this.#books.close(this.format, [this.#name], (account) => this.#types.typeOf(account))
    return {
      ...closed,
      transactions: this.#given,
      untold: this.#report.untold,
      learned: new Learned(this.#digits, this.#spelling),
      again: this.#learned === undefined && isInexact,
    }
  }

  #sink(): Sink {
    return {
      transaction: (transaction) => this.#take(transaction),
      account: (account, note, at) => {
        const type = note.metadata.type
        if (type !== undefined && !this.#types.declare(account, type))
          this.#report.error(at, 'account_type', `not an account type: "${type}"`, { account })
        this.#books.account(account, { metadata: decodeAccount(note.metadata, note.tags), source: at })
      },
      commodity: (code, metadata, style, at) => {
        if (style !== undefined) this.#styles.set(code, style)
        this.#books.commodity(this.#names.name(code, at), decodeCommodity(metadata), at)
      },
      sample: (code, { precision }) =>
        this.#samples.set(code, Math.max(precision, this.#samples.get(code) ?? 0)),
      include: (_path, at) => {
        throw new NotStreamable(at, 'it includes other files')
      },
    }
  }

  #take(transaction: Transaction): void {
    const { date, at } = transaction
    if (date < this.#day)
      throw new NotStreamable(at, `not in the order of dates: ${date} stands behind ${this.#day}`)
    this.#day = date
    if (this.format === 'hledger') {
      const other = transaction.postings.find(
        (posting) => posting.date !== undefined && posting.date !== date,
      )
      if (other !== undefined) throw new NotStreamable(other.at, 'a posting has a date of its own')
    }
    this.#digits.see(transaction)
    this.#spelling.see(transaction)
    const done = { transaction, booked: bookedOf(transaction) }
    this.#complete(done)
    const given = this.#books.convert(entryOf(done, this.#names))
    if (given === undefined) return
    this.#converts ||= given.lines.some(({ role }) => role === 'conversion')
    this.#taken.push(given)
  }

  #complete(done: Completed): void {
    const { transaction, booked } = done
    const digits = this.#learned?.digits
    const precision = (commodity: string) => digits?.of(commodity) ?? everyDigit
    if (this.format === 'ledger' || needsBalances(transaction)) {
      completeWaiting(done, this.format, precision, this.#running, this.#report)
      return
    }
    if (balanceTransaction(transaction, [...booked], this.format, precision, this.#report) === undefined)
      return
    for (const each of booked) post(each, this.#running)
  }
}
