import { Conditions, defineList, defineQuery, Refusal, Time } from '@florin/kernel'
import { findIsoAsset, ISO_4217_CURRENCIES } from '@florin/money'
import { type Static, Type } from 'typebox'
import { AssetView } from '../commands/register-asset.ts'
import { ChartView } from '../commands/set-chart.ts'
import { Description, LedgerName, Metadata, strict } from '../schemas.ts'
import type { AssetRow } from '../store/assets.ts'
import { findLedger } from '../store/head.ts'

const LedgerView = strict(
  {
    ledger: LedgerName,
    description: Type.Union([Description, Type.Null()]),
    metadata: Metadata,
    opened_at: Time,
    seq: Type.String(),
    booked_at: Type.Union([Time, Type.Null()]),
  },
  { title: 'Ledger' },
)

interface LedgerRow {
  name: string
  description: string | null
  metadata: Record<string, string>
  opened_at: Date
  seq: bigint
  booked_at: Date
}

const ledgerColumns = 'l.name, l.description, l.metadata, l.opened_at, h.seq, h.booked_at'

function ledgerView(row: LedgerRow) {
  return {
    ledger: row.name,
    description: row.description,
    metadata: row.metadata,
    opened_at: row.opened_at.toISOString(),
    seq: String(row.seq),
    booked_at: row.seq === 0n ? null : row.booked_at.toISOString(),
  }
}

export const listLedgers = defineList({
  name: 'ledger.list',
  summary: 'List the ledgers',
  http: { method: 'GET', path: '/v1/ledgers' },
  input: strict({}),
  item: LedgerView,
  permission: 'ledger.list',
  refusals: [],
  example: { input: {} },
  async page(view, _input, page) {
    const rows = await view.db.query<LedgerRow>(
      `SELECT ${ledgerColumns} FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id
       WHERE l.id > 0 AND ($1::text IS NULL OR l.name > $1) ORDER BY l.name LIMIT $2`,
      [page.after?.[0] ?? null, page.fetch],
    )
    return { rows: rows.map((row) => ({ item: ledgerView(row), key: [row.name] })) }
  },
})

export const getLedger = defineQuery({
  name: 'ledger.get',
  summary: 'Show a ledger and where its journal ends',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}' },
  input: strict({ ledger: LedgerName }),
  output: LedgerView,
  permission: 'ledger.get',
  refusals: ['ledger_not_found'],
  example: { after: ['ledger.open'], input: { ledger: 'demo' } },
  async run(view, input) {
    const { id } = await findLedger(view, input.ledger)
    const [row] = await view.db.query<LedgerRow>(
      `SELECT ${ledgerColumns} FROM ledger.ledgers l JOIN ledger.heads h ON h.ledger_id = l.id WHERE l.id = $1`,
      [id],
    )
    if (row === undefined) throw new Error('A ledger vanished')
    return ledgerView(row)
  },
})

export const getChart = defineQuery({
  name: 'ledger.chart.get',
  summary: 'Show the chart of accounts in force, or an earlier version',
  http: { method: 'GET', path: '/v1/ledgers/{ledger}/chart' },
  input: strict({ ledger: LedgerName, version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  output: ChartView,
  permission: 'ledger.chart.get',
  refusals: ['ledger_not_found', 'chart_missing'],
  example: { after: ['ledger.open', 'ledger.chart.set'], input: { ledger: 'demo' } },
  async run(view, input) {
    const ledger = await findLedger(view, input.ledger)
    const [row] = await view.db.query<{
      version: number
      templates: Static<typeof ChartView>['templates']
      set_at: Date
      set_by: string
    }>(
      `SELECT version, templates, set_at, set_by FROM ledger.charts
       WHERE ledger_id = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1`,
      [ledger.id, input.version ?? null],
    )
    if (row === undefined) throw new Refusal('chart_missing', missingChart(input), { ledger: input.ledger })
    return { ledger: input.ledger, ...row, set_at: row.set_at.toISOString() }
  },
})

function missingChart(input: { readonly ledger: string; readonly version?: number }): string {
  return input.version === undefined
    ? `The ledger "${input.ledger}" has no chart of accounts yet`
    : `The ledger "${input.ledger}" has no version ${input.version} of its chart`
}

export const listAssets = defineList({
  name: 'ledger.asset.list',
  summary: 'List the assets that amounts may be of',
  http: { method: 'GET', path: '/v1/assets' },
  input: strict({ kind: Type.Optional(AssetView.properties.kind) }),
  item: AssetView,
  permission: 'ledger.asset.list',
  refusals: [],
  example: { input: { kind: 'iso4217', limit: 5 } },
  async page(view, input, page) {
    const after = page.after?.[0] ?? ''
    const where = new Conditions()
    where.add(after, (p) => `code COLLATE "C" > ${p}`)
    where.add(input.kind, (p) => `kind = ${p}`)
    const rows = await view.db.query<AssetRow>(
      `SELECT code, kind, exponent, name, registered_at FROM ledger.assets ${where.sql} ORDER BY code COLLATE "C" LIMIT ${where.value(page.fetch)}`,
      where.values,
    )
    const registered = rows.map((row) => ({ ...row, registered_at: row.registered_at.toISOString() }))
    const known = input.kind === undefined || input.kind === 'iso4217' ? isoAfter(after) : []
    // Codes are compared as PostgreSQL compares them here: by code points.
    const items = [...registered, ...known].sort((a, b) => (a.code < b.code ? -1 : 1)).slice(0, page.fetch)
    return { rows: items.map((item) => ({ item, key: [item.code] })) }
  },
})

function isoAfter(code: string) {
  return ISO_4217_CURRENCIES.flatMap((currency) => {
    const asset = findIsoAsset(currency.code)
    if (asset === undefined || asset.code <= code) return []
    return [
      {
        code: asset.code,
        kind: asset.kind,
        exponent: asset.exponent,
        name: asset.name ?? null,
        registered_at: null,
      },
    ]
  })
}
