import { createHash } from 'node:crypto'
import { matchesGlob } from 'node:path/posix'
import { type JournalAccount, type JournalError, type JournalResult, readJournal } from '@florin/journal'
import { defineCommand, type Unit } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { bookIdentified } from '../interchange/book.ts'
import { journalInvalid, refuseErrors } from '../interchange/errors.ts'
import { identify } from '../interchange/identity.ts'
import { extendChart, openIfMissing } from '../interchange/open.ts'
import { prepareAssets } from '../interchange/prepare.ts'
import { AccountTypeSchema, Address, AssetCode, LedgerName, strict } from '../schemas.ts'
import { type LedgerHead, lockLedger } from '../store/head.ts'
import { closeIfEmpty, describeImported } from '../store/imported-accounts.ts'

const Place = { file: Type.String(), line: Type.Integer() }

const ImportReport = strict(
  {
    ledger: LedgerName,
    format: Type.Enum(['beancount', 'hledger', 'ledger']),
    files: Type.Integer(),
    ledger_opened: Type.Boolean(),
    transactions: Type.Integer({ description: 'In the journal' }),
    booked: Type.Integer({ description: 'By this import' }),
    already_booked: Type.Integer({ description: 'By an earlier import' }),
    empty: Type.Integer({
      description: 'Without any movement, so that there is nothing to book; named in not_represented',
    }),
    assertions: Type.Integer({ description: 'Checked, and true' }),
    assets_registered: Type.Array(AssetCode),
    chart_version: Type.Integer(),
    accounts_added_to_chart: Type.Integer(),
    accounts_closed: Type.Integer(),
    notices: Type.Array(strict({ ...Place, code: Type.String(), message: Type.String() })),
    not_represented: Type.Array(strict({ ...Place, what: Type.String(), why: Type.String() })),
  },
  { title: 'ImportReport' },
)

type Report = Static<typeof ImportReport>

/** Transactions that are applied with one round of statements. */
const chunk = 2_000
/** Bytes of all files together. */
const journalLimit = 64 * 1024 * 1024

const exampleJournal = `2026-01-01 open Assets:Bank EUR
2026-01-01 open Equity:Opening
2026-01-02 * "Paid in capital"
  Assets:Bank     1000.00 EUR
  Equity:Opening
2026-01-03 balance Assets:Bank 1000.00 EUR
`

export const importJournal = defineCommand({
  name: 'ledger.journal.import',
  summary: 'Import a beancount, hledger or ledger journal',
  description:
    'All or nothing: a false balance assertion or anything that can’t be booked refuses the import as a whole, with file and line. Each transaction is booked once, however often and by whomever the journal or a longer version of it is imported. The ledger is opened, the chart extended and unknown commodities are registered as needed.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/journal' },
  input: strict({
    ledger: LedgerName,
    main: Type.String({
      minLength: 1,
      maxLength: 1_024,
      description: 'Name of the file to read; the others are what it includes',
    }),
    files: Type.Array(
      strict({
        name: Type.String({ minLength: 1, maxLength: 1_024 }),
        content: Type.String({ maxLength: journalLimit }),
      }),
      { minItems: 1, maxItems: 10_000 },
    ),
    format: Type.Optional(
      Type.Enum(['beancount', 'hledger', 'ledger'], { description: 'Told from name and content if absent' }),
    ),
    commodities: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), AssetCode, {
        description: 'Commodity in the file → asset code, such as {"$": "AUD"}',
      }),
    ),
    types: Type.Optional(
      Type.Record(Address, AccountTypeSchema, {
        description: 'Account name prefix → type, where the root does not tell it',
      }),
    ),
    conversion_account: Type.Optional(Address),
    open: Type.Optional(
      Type.Boolean({ description: 'Open the ledger if it does not exist; true if absent' }),
    ),
  }),
  output: ImportReport,
  permission: 'ledger.journal.import',
  refusals: ['ledger_not_found', 'journal_invalid'],
  example: {
    input: {
      ledger: 'books',
      main: 'books.beancount',
      files: [{ name: 'books.beancount', content: exampleJournal }],
    },
  },
  bodyLimit: journalLimit,
  // The transactions themselves are in the ledger's journal; the texts are told by their hashes.
  recorded: ({ files, ...input }) => ({
    ...input,
    files: files.map(({ name, content }) => ({ name, sha256: sha256(content) })),
  }),
  async run(unit, input) {
    const journal = read(input)
    refuseErrors(journal.errors)
    const opened = await openIfMissing(unit, input)
    const ledger = await lockLedger(unit, input.ledger)
    const assets = await prepareAssets(unit.db, journal.commodities, ledger.bookedAt)
    const chart = await extendChart(unit, ledger, journal.accounts)
    refuseErrors([...assets.errors, ...chart.errors])
    const booking = await book(unit, ledger, journal)
    refuseErrors(booking.errors)
    await describeImported(unit.db, ledger.id, journal.accounts)
    const closed = await closeIfEmpty(
      unit,
      ledger,
      journal.accounts.filter((a) => a.closed !== undefined).map((a) => a.name),
    )
    const report: Report = {
      ledger: input.ledger,
      format: journal.format,
      files: journal.files.length,
      ledger_opened: opened,
      transactions: journal.transactions.length,
      booked: booking.booked,
      already_booked: booking.already,
      empty: booking.empty.length,
      assertions: journal.assertions,
      assets_registered: assets.registered,
      chart_version: chart.version,
      accounts_added_to_chart: chart.added,
      accounts_closed: closed,
      notices: journal.notices.map(({ file, line, code, message }) => ({ file, line, code, message })),
      not_represented: [...journal.notRepresented, ...booking.empty].map(({ file, line, what, why }) => ({
        file,
        line,
        what,
        why,
      })),
    }
    unit.changed({ subject: input.ledger, before: null, after: { main: input.main, booked: report.booked } })
    return report
  },
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

interface ImportInput {
  readonly ledger: string
  readonly main: string
  readonly files: readonly { readonly name: string; readonly content: string }[]
  readonly format?: 'beancount' | 'hledger' | 'ledger'
  readonly commodities?: Readonly<Record<string, string>>
  readonly types?: Readonly<Record<string, JournalAccount['type']>>
  readonly conversion_account?: string
  readonly open?: boolean
}

function read(input: ImportInput): JournalResult {
  const files = new Map(input.files.map((file) => [file.name, file]))
  const main = files.get(input.main)
  if (main === undefined) {
    throw journalInvalid([
      { file: input.main, line: 1, code: 'file_missing', message: 'The main file is not among the files' },
    ])
  }
  const { format, commodities, types, conversion_account: conversionAccount } = input
  return readJournal(
    {
      ...main,
      include: (path) => files.get(path),
      list: (pattern) => [...files.keys()].filter((name) => matchesGlob(name, pattern)).sort(),
    },
    {
      ...(format === undefined ? {} : { format }),
      ...(commodities === undefined ? {} : { commodities }),
      ...(types === undefined ? {} : { types }),
      ...(conversionAccount === undefined ? {} : { conversionAccount }),
    },
  )
}

interface Booking {
  booked: number
  already: number
  empty: { file: string; line: number; what: string; why: string }[]
  errors: JournalError[]
}

async function book(unit: Unit, ledger: LedgerHead, journal: JournalResult): Promise<Booking> {
  const booking: Booking = { booked: 0, already: 0, empty: [], errors: [] }
  const moving = journal.transactions.filter((transaction) => transaction.lines.length > 0)
  for (const { source } of journal.transactions.filter((transaction) => transaction.lines.length === 0)) {
    booking.empty.push({ ...source, what: 'transaction without amounts', why: 'it moves nothing' })
  }
  const identified = identify(ledger.name, moving)
  for (let from = 0; from < identified.length; from += chunk) {
    const { booked, already, errors } = await bookIdentified(
      unit,
      ledger,
      identified.slice(from, from + chunk),
    )
    booking.booked += booked
    booking.already += already
    booking.errors.push(...errors)
  }
  return booking
}
