import { type CsvCell, defineQuery, type View } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import {
  byAsset,
  columnsView,
  grouped,
  isIdle,
  noTurnover,
  prefixOf,
  type ReportRow,
  type Turnover,
} from '../reports/turnover.ts'
import { AccountTypeSchema, Amount, AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { loadTurnover } from '../store/turnover.ts'
import { filterInput, type SpanFrame, spanFrame, spanHead, spanInput, spanRefusals } from './report-frame.ts'
import { spanTitle, type Table, tableFormats } from './report-table.ts'

const columnFields = {
  opening: SignedAmount,
  debits: Amount,
  credits: Amount,
  clean_up_debits: SignedAmount,
  clean_up_credits: SignedAmount,
  closing: SignedAmount,
}

const columns = {
  ...columnFields,
  compared: Type.Optional(
    strict(columnFields, {
      title: 'Turnover',
      description:
        'opening, closing: debits − credits before and after the days; clean_up_…: what corrects or reverses earlier days; opening + debits − credits + clean-up = closing',
    }),
  ),
  difference: Type.Optional(
    Type.String({ description: 'closing less the closing of the days compared with' }),
  ),
}

const closingEntries = Type.Optional(
  Type.Enum(['included', 'excluded'], {
    description: 'The closing entries of these days themselves; included if absent',
  }),
)

const depth = Type.Integer({
  minimum: 1,
  maximum: 64,
  description: 'Leading segments of the address to add up by',
})

const example = {
  after: ['ledger.transaction.post', 'ledger.transaction.batch', 'ledger.period.define'],
  input: { ledger: 'demo', period: '2026-01' },
}

const trialInput = strict({
  ledger: LedgerName,
  ...spanInput,
  ...filterInput,
  closing_entries: closingEntries,
  depth: Type.Optional(depth),
})

const TrialRow = strict(
  { address: Type.String(), asset: AssetCode, type: AccountTypeSchema, ...columns },
  { title: 'TurnoverRow' },
)
const TotalRow = strict({ asset: AssetCode, ...columns }, { title: 'TurnoverTotal' })

export const trialBalanceReport = defineQuery({
  name: 'ledger.report.trial-balance',
  summary: 'Trial balance of a period or of days: opening, debits, credits, clean-up, closing',
  description:
    'By value time, of each account that moved or stands at something, and the totals of each asset; with `depth`, accounts of one type that share so many leading segments are added up. Beside it another period or other days.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/trial-balance' },
  input: trialInput,
  output: strict({ ...spanHead, accounts: Type.Array(TrialRow), totals: Type.Array(TotalRow) }),
  permission: 'ledger.report.trial-balance',
  refusals: spanRefusals,
  example,
  async run(view, input) {
    const { frame, rows } = await moved(view, input)
    return {
      ...frame.head,
      accounts: depthGroups(rows, input.depth).map((row) => ({
        address: row.address,
        asset: row.asset,
        type: row.type,
        ...columnsView(row),
      })),
      totals: byAsset(rows)
        .flatMap((own) => grouped(own, () => ({ address: '' })))
        .map((row) => ({ asset: row.asset, ...columnsView(row) })),
    }
  },
  formats: tableFormats(trialTable),
})

const rollupInput = strict({
  ledger: LedgerName,
  ...spanInput,
  ...filterInput,
  closing_entries: closingEntries,
  depth,
})

const RollupRow = strict(
  {
    address: Type.String(),
    depth: Type.Integer(),
    asset: AssetCode,
    accounts: Type.Integer({ description: 'Added up here, of those that moved or stand at something' }),
    ...columns,
  },
  { title: 'RollupRow' },
)

export const rollupReport = defineQuery({
  name: 'ledger.report.rollup',
  summary: 'Accounts added up by address prefix, level by level down to a depth',
  description:
    'Each prefix of one to `depth` segments with all accounts at or below it, asset by asset, for a period or days, and beside it for others.',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/reports/rollup' },
  input: rollupInput,
  output: strict({ ...spanHead, rows: Type.Array(RollupRow) }),
  permission: 'ledger.report.rollup',
  refusals: spanRefusals,
  example: { ...example, input: { ...example.input, depth: 2 } },
  async run(view, input) {
    const { frame, rows } = await moved(view, input)
    return {
      ...frame.head,
      rows: levels(rows, input.depth).map(({ level, row }) => ({
        address: row.address,
        depth: level,
        asset: row.asset,
        accounts: row.accounts,
        ...columnsView(row),
      })),
    }
  },
  formats: tableFormats(rollupTable),
})

async function trialTable(view: View, input: Static<typeof trialInput>): Promise<Table> {
  const { frame, rows } = await moved(view, input)
  return {
    title: spanTitle(frame),
    header: ['address', 'asset', 'type', ...columnNames(frame)],
    rows: depthGroups(rows, input.depth).map((row) => [
      row.address,
      row.asset,
      row.type,
      ...columnCells(row, frame),
    ]),
  }
}

async function rollupTable(view: View, input: Static<typeof rollupInput>): Promise<Table> {
  const { frame, rows } = await moved(view, input)
  return {
    title: spanTitle(frame),
    header: ['address', 'depth', 'asset', 'accounts', ...columnNames(frame)],
    rows: levels(rows, input.depth).map(({ level, row }) => [
      row.address,
      level,
      row.asset,
      row.accounts,
      ...columnCells(row, frame),
    ]),
  }
}

type Asked = Omit<Static<typeof trialInput>, 'depth'>

/** The accounts that moved or stand at something. */
async function moved(view: View, input: Asked): Promise<{ frame: SpanFrame; rows: ReportRow[] }> {
  const frame = await spanFrame(view, input)
  const filter = { prefix: input.prefix, asset: input.asset, type: input.type }
  const closings = input.closing_entries !== 'excluded'
  const rows = await loadTurnover(view.db, frame.ledger.id, filter, frame, { ...frame, closings })
  return { frame, rows: rows.filter((row) => !isIdle(row.current) || !isIdle(row.compared)) }
}

function depthGroups(rows: readonly ReportRow[], wanted: number | undefined): readonly ReportRow[] {
  if (wanted === undefined) return rows
  return grouped(rows, ({ address, type }) => ({ address: prefixOf(address, wanted), key: type }))
}

/** Every prefix down to the depth, each one before what lies below it. */
function levels(rows: readonly ReportRow[], deepest: number): { level: number; row: ReportRow }[] {
  const all: { level: number; row: ReportRow }[] = []
  for (let level = 1; level <= deepest; level++) {
    const reaching = rows.filter(({ address }) => address.split(':').length >= level)
    if (reaching.length === 0) break
    for (const row of grouped(reaching, ({ address }) => ({ address: prefixOf(address, level) })))
      all.push({ level, row })
  }
  return all.sort((a, b) => compareTexts(placeOf(a.row), placeOf(b.row)))
}

/** Sorts a prefix before what lies below it, and that before its neighbours: `:` counts as less than any other mark. */
function placeOf({ address, asset }: ReportRow): string {
  return `${address.replaceAll(':', '\u0001')}\u0000${asset}`
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

const turnoverNames = ['opening', 'debits', 'credits', 'clean_up_debits', 'clean_up_credits', 'closing']

function columnNames({ compared }: SpanFrame): string[] {
  if (compared === undefined) return turnoverNames
  return [...turnoverNames, ...turnoverNames.map((name) => `compared_${name}`), 'difference']
}

function columnCells(row: ReportRow, { compared }: SpanFrame): CsvCell[] {
  const shown: Readonly<Record<string, unknown>> = columnsView(row)
  const own = cellsOf(columnsView({ ...row, compared: undefined }))
  if (compared === undefined) return own
  return [...own, ...cellsOf(comparedView(row)), String(shown.difference)]
}

function comparedView(row: ReportRow): ReturnType<typeof columnsView> {
  const current: Turnover = row.compared ?? noTurnover
  return columnsView({ ...row, current, compared: undefined })
}

function cellsOf(view: Readonly<Record<string, unknown>>): string[] {
  return turnoverNames.map((name) => String(view[name]))
}
