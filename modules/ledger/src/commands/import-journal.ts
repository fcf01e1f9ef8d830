import { createHash } from 'node:crypto'
import { matchesGlob } from 'node:path/posix'
import { type JournalAccount, type JournalError, type JournalResult, readJournal } from '@florin/journal'
import { allows, defineCommand, Refusal, type Unit } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { type IdentifiedTransaction, identify } from '../interchange/identity.ts'
import { missingTemplates, prepareAssets } from '../interchange/prepare.ts'
import { translate } from '../interchange/translate.ts'
import { applyOrders } from '../posting/apply.ts'
import type { Order } from '../posting/order.ts'
import { AccountTypeSchema, Address, AssetCode, LedgerName, strict } from '../schemas.ts'
import { currentChart, insertChart } from '../store/charts.ts'
import { type LedgerHead, ledgerNotFound, lockLedger, policiesChanged } from '../store/head.ts'
import { closeIfEmpty, describeImported } from '../store/imported-accounts.ts'
import { insertLedger, ledgerExists } from '../store/ledgers.ts'

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
/** Errors that are told, at most. */
const mostErrors = 200

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
    refuse(journal.errors)
    const opened = await openIfMissing(unit, input)
    const ledger = await lockLedger(unit, input.ledger)
    const assets = await prepareAssets(unit.db, journal.commodities, ledger.bookedAt)
    const chart = await extendChart(unit, ledger, journal.accounts)
    refuse([...assets.errors, ...chart.errors])
    const booking = await book(unit, ledger, journal)
    refuse(booking.errors)
    await describeImported(unit.db, ledger.id, journal.accounts)
    const closed = await closeIfEmpty(
      unit.db,
      ledger.id,
      journal.accounts.filter((a) => a.closed !== undefined).map((a) => a.name),
      ledger.bookedAt,
    )
    if (closed > 0) await policiesChanged(unit, ledger)
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
    throw invalid([
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

function refuse(errors: readonly JournalError[]): void {
  if (errors.length > 0) throw invalid(errors)
}

function invalid(errors: readonly JournalError[]): Refusal {
  const told = errors.length === 1 ? 'an error' : `${errors.length} errors`
  const more = errors.length > mostErrors ? `, the first ${mostErrors} of which are named` : ''
  return new Refusal('journal_invalid', `The journal has ${told}${more}; nothing was imported`, {
    errors: errors.slice(0, mostErrors),
  })
}

async function openIfMissing(unit: Unit, input: ImportInput): Promise<boolean> {
  if (await ledgerExists(unit.db, input.ledger)) return false
  if (input.open === false || !allows(unit.context.actor, 'ledger.open')) throw ledgerNotFound(input.ledger)
  return (
    (await insertLedger(unit, { name: input.ledger, description: undefined, metadata: {} })) !== undefined
  )
}

/** Adds what the chart lacks for the journal's accounts as a new version. */
async function extendChart(
  unit: Unit,
  ledger: LedgerHead,
  accounts: readonly JournalAccount[],
): Promise<{ version: number; added: number; errors: readonly JournalError[] }> {
  const chart = await currentChart(unit.db, ledger.id)
  const { templates, errors } = missingTemplates(chart, accounts)
  const version = chart?.version ?? 0
  if (templates.length === 0 || errors.length > 0) return { version, added: 0, errors }
  const extended = { version: version + 1, templates: [...(chart?.templates ?? []), ...templates] }
  await insertChart(unit.db, ledger.id, extended, unit.context.actor.id, ledger.bookedAt)
  await policiesChanged(unit, ledger)
  unit.changed({ subject: `${ledger.name} chart`, before: version, after: extended.version })
  return { version: extended.version, added: templates.length, errors }
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
    await bookChunk(unit, ledger, identified.slice(from, from + chunk), booking)
  }
  return booking
}

async function bookChunk(
  unit: Unit,
  ledger: LedgerHead,
  all: readonly IdentifiedTransaction[],
  booking: Booking,
): Promise<void> {
  const rows = await unit.db.query<{ id: string }>(
    'SELECT id FROM ledger.journal WHERE id = ANY($1::uuid[])',
    [all.map(({ id }) => id)],
  )
  const known = new Set(rows.map((row) => row.id))
  const fresh = all.filter(({ id }) => !known.has(id))
  booking.already += known.size
  const outcomes = await applyOrders(
    unit,
    ledger,
    fresh.map((one) => orderOf(unit, one)),
  )
  for (const [i, outcome] of outcomes.entries()) {
    const source = fresh[i]?.transaction.source
    if ('done' in outcome) booking.booked++
    else if (source !== undefined) {
      booking.errors.push({ ...source, code: outcome.refused.code, message: outcome.refused.message })
    }
  }
}

function orderOf(unit: Unit, one: IdentifiedTransaction): Order {
  const { lines, ...details } = translate(one.transaction)
  return {
    id: one.id,
    context: unit.context,
    idempotencyKey: one.key,
    payloadHash: one.payloadHash,
    instruction: { kind: 'transaction', lines, conditions: [] },
    request: undefined,
    ...details,
  }
}
