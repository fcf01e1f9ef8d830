import { defineCommand, Refusal } from '@florin/kernel'
import { Type } from 'typebox'
import { bookIdentified } from '../interchange/book.ts'
import { refuseErrors } from '../interchange/errors.ts'
import { identifyOne } from '../interchange/identity.ts'
import { extendChart, openIfMissing } from '../interchange/open.ts'
import { prepareAssets } from '../interchange/prepare.ts'
import { accountOf, commodityOf, readTransactions, WireAccount, WireCommodity } from '../interchange/wire.ts'
import { AssetCode, LedgerName, strict } from '../schemas.ts'
import { findLedger, lockLedger } from '../store/head.ts'
import { importProgress, insertPart } from '../store/import-parts.ts'
import { closeIfEmpty, describeImported } from '../store/imported-accounts.ts'

/** Bytes of one part. */
const partLimit = 64 * 1024 * 1024

const ImportName = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'Names the import: SHA-256 of the journal and how it is read',
})
const File = Type.String({ minLength: 1, maxLength: 1_024, description: 'Its name in messages' })
const Through = Type.Integer({ minimum: 0, description: 'Transactions of the journal that are dealt with' })

const exampleImport = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const address = { ledger: LedgerName, import: ImportName }

export const beginImport = defineCommand({
  name: 'ledger.import.begin',
  summary: 'Begin the import of a large journal, or learn how far it has come',
  description:
    'For journals that are too large for one request; the command line does it by itself. Opens the ledger, extends the chart and registers commodities as ledger.journal.import does. The transactions follow in parts, each booked as a whole. Send only what was read to its end without an error.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/imports' },
  input: strict({
    ...address,
    file: File,
    accounts: Type.Array(WireAccount, { maxItems: 1_000_000 }),
    commodities: Type.Array(WireCommodity, { maxItems: 10_000 }),
    open: Type.Optional(
      Type.Boolean({ description: 'Open the ledger if it does not exist; true if absent' }),
    ),
  }),
  output: strict({
    ledger: LedgerName,
    ledger_opened: Type.Boolean(),
    assets_registered: Type.Array(AssetCode),
    chart_version: Type.Integer(),
    accounts_added_to_chart: Type.Integer(),
    through: Through,
    booked: Type.Integer({ description: 'By parts that were sent before' }),
    already_booked: Type.Integer(),
  }),
  permission: 'ledger.journal.import',
  refusals: ['ledger_not_found', 'journal_invalid'],
  example: {
    input: {
      ledger: 'large',
      import: exampleImport,
      file: 'large.beancount',
      accounts: [
        { name: 'Assets:Bank', type: 'asset', opened: '2026-01-01', line: 1 },
        { name: 'Equity:Opening', type: 'equity', opened: '2026-01-01', line: 2 },
      ],
      commodities: [{ code: 'EUR', decimals: 2, line: 3 }],
    },
  },
  bodyLimit: partLimit,
  recorded: ({ accounts, commodities, ...input }) => ({
    ...input,
    accounts: accounts.length,
    commodities: commodities.length,
  }),
  async run(unit, input) {
    const opened = await openIfMissing(unit, input)
    const ledger = await lockLedger(unit, input.ledger)
    const accounts = input.accounts.map((account) => accountOf(input.file, account))
    const commodities = input.commodities.map((commodity) => commodityOf(input.file, commodity))
    const assets = await prepareAssets(unit.db, commodities, ledger.bookedAt)
    const chart = await extendChart(unit, ledger, accounts)
    refuseErrors([...assets.errors, ...chart.errors], 'nothing was imported')
    const progress = await importProgress(unit.db, ledger.id, input.import)
    return {
      ledger: input.ledger,
      ledger_opened: opened,
      assets_registered: assets.registered,
      chart_version: chart.version,
      accounts_added_to_chart: chart.added,
      through: progress.through,
      booked: progress.booked,
      already_booked: progress.already,
    }
  },
})

const exampleTransaction = {
  line: 4,
  date: '2026-01-02',
  narration: 'Paid in capital',
  lines: [
    { account: 'Assets:Bank', commodity: 'EUR', amount: '1000.00' },
    { account: 'Equity:Opening', commodity: 'EUR', amount: '-1000.00' },
  ],
}

/** Transactions of one part, at most. */
const mostLines = 20_000

export const importPart = defineCommand({
  name: 'ledger.import.part',
  summary: 'Book the next transactions of a large import',
  description:
    'All or nothing. Transactions that are booked already, by whatever import, are left alone. The command line sends the parts in order; one that was sent before changes nothing.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/imports/{import}/parts' },
  input: strict({
    ...address,
    file: File,
    through: Type.Integer({
      minimum: 1,
      description: 'Transactions of the journal up to the end of this part',
    }),
    transactions: Type.String({
      maxLength: partLimit,
      description: `One JSON object a line, at most ${mostLines}: line, date (YYYY-MM-DD) and lines (account, commodity, amount, credits negative); and where there are any nth, pad, date2, status, code, payee, narration, tags, links, metadata, zero_lines`,
    }),
  }),
  output: strict({ through: Through, booked: Type.Integer(), already_booked: Type.Integer() }),
  permission: 'ledger.journal.import',
  refusals: ['ledger_not_found', 'journal_invalid'],
  example: {
    after: ['ledger.import.begin'],
    input: {
      ledger: 'large',
      import: exampleImport,
      file: 'large.beancount',
      through: 1,
      transactions: `${JSON.stringify(exampleTransaction)}\n`,
    },
  },
  bodyLimit: partLimit,
  // The transactions themselves are in the ledger's journal.
  recorded: ({ transactions: _text, ...input }) => input,
  async run(unit, input) {
    await findLedger(unit, input.ledger)
    // Before the lock: reading takes time, and others may post meanwhile.
    const identified = readTransactions(input.file, input.transactions, mostLines).map(
      ({ transaction, nth }) => identifyOne(input.ledger, transaction, nth),
    )
    const ledger = await lockLedger(unit, input.ledger)
    const { booked, already, errors } = await bookIdentified(unit, ledger, identified)
    refuseErrors(errors, 'this part was not imported')
    await insertPart(
      unit.db,
      ledger.id,
      input.import,
      { through: input.through, booked, already },
      ledger.bookedAt,
    )
    return { through: input.through, booked, already_booked: already }
  },
})

export const endImport = defineCommand({
  name: 'ledger.import.end',
  summary: 'End a large import: describe and close its accounts',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/imports/{import}/end' },
  input: strict({
    ...address,
    file: File,
    transactions: Type.Integer({ minimum: 0, description: 'Of the whole journal; all must be dealt with' }),
    accounts: Type.Array(WireAccount, { maxItems: 1_000_000 }),
  }),
  output: strict({
    ledger: LedgerName,
    transactions: Type.Integer(),
    booked: Type.Integer({ description: 'By this import' }),
    already_booked: Type.Integer({ description: 'By earlier imports' }),
    accounts_closed: Type.Integer(),
  }),
  permission: 'ledger.journal.import',
  refusals: ['ledger_not_found', 'import_incomplete'],
  example: {
    after: ['ledger.import.begin', 'ledger.import.part'],
    input: { ledger: 'large', import: exampleImport, file: 'large.beancount', transactions: 1, accounts: [] },
  },
  bodyLimit: partLimit,
  recorded: ({ accounts, ...input }) => ({ ...input, accounts: accounts.length }),
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { through, booked, already } = await importProgress(unit.db, ledger.id, input.import)
    if (through < input.transactions) {
      throw new Refusal('import_incomplete', `${through} of ${input.transactions} transactions are booked`, {
        through,
      })
    }
    const accounts = input.accounts.map((account) => accountOf(input.file, account))
    await describeImported(unit.db, ledger.id, accounts)
    const closed = await closeIfEmpty(
      unit,
      ledger,
      accounts.filter((account) => account.closed !== undefined).map((account) => account.name),
    )
    unit.changed({ subject: input.ledger, before: null, after: { file: input.file, booked } })
    return {
      ledger: input.ledger,
      transactions: input.transactions,
      booked,
      already_booked: already,
      accounts_closed: closed,
    }
  },
})
