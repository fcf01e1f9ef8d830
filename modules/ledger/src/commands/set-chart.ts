import { type Db, defineCommand, Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { chartFault, type Template } from '../domain/chart.ts'
import { parseAmount } from '../domain/instruction.ts'
import { bookDueForwards } from '../posting/due-forwards.ts'
import { LedgerName, strict, TemplateSchema } from '../schemas.ts'
import { findExponents } from '../store/assets.ts'
import { currentChart, insertChart } from '../store/charts.ts'
import { lockLedger, policiesChanged } from '../store/head.ts'

export const ChartView = strict(
  {
    ledger: LedgerName,
    version: Type.Integer({ minimum: 1 }),
    set_at: Time,
    set_by: Type.String(),
    templates: Type.Array(TemplateSchema),
  },
  { title: 'Chart' },
)

export const exampleTemplates: readonly Template[] = [
  {
    address: 'bank:{name}',
    type: 'asset',
    assets: ['EUR', 'USD'],
    overdraft: 'allowed',
    open_on_first_use: true,
  },
  {
    address: 'customers:{customer}:wallet',
    type: 'liability',
    overdraft: 'forbidden',
    open_on_first_use: true,
  },
  {
    address: 'customers:{customer}:savings',
    type: 'liability',
    assets: ['EUR'],
    overdraft: 'forbidden',
    open_on_first_use: false,
  },
  { address: 'clearing:{rail}', type: 'liability', overdraft: 'allowed', open_on_first_use: true },
  { address: 'revenue:fees', type: 'revenue', overdraft: 'allowed', open_on_first_use: true },
  { address: 'equity:{what}', type: 'equity', overdraft: 'allowed', open_on_first_use: true },
  { address: 'revenue:exchange', type: 'revenue', overdraft: 'allowed', open_on_first_use: true },
  { address: 'expenses:exchange', type: 'expense', overdraft: 'allowed', open_on_first_use: true },
  { address: 'fx:{asset}', type: 'equity', overdraft: 'allowed', open_on_first_use: true },
]

export const setChart = defineCommand({
  name: 'ledger.chart.set',
  summary: 'Set a new version of the chart of accounts',
  description:
    'The chart says which addresses there may be. Accounts that are open stay as they are; the new version rules what is opened from now on.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/chart' },
  input: strict({
    ledger: LedgerName,
    templates: Type.Array(TemplateSchema, { minItems: 1, maxItems: 10_000 }),
  }),
  output: ChartView,
  permission: 'ledger.chart.set',
  refusals: [
    'ledger_not_found',
    'chart_invalid',
    'asset_unknown',
    'amount_too_many_decimals',
    'amount_out_of_range',
  ],
  example: { after: ['ledger.open'], input: { ledger: 'demo', templates: exampleTemplates } },
  bodyLimit: 16 * 1024 * 1024,
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    await bookDueForwards(unit, ledger)
    const fault = chartFault(input.templates)
    if (fault !== undefined) throw new Refusal('chart_invalid', fault, {})
    await checkAssets(unit.db, input.templates)
    const before = await currentChart(unit.db, ledger.id)
    const chart = { version: (before?.version ?? 0) + 1, templates: input.templates }
    const now = unit.clock.now()
    await insertChart(unit.db, ledger.id, chart, unit.context.actor.id, now)
    await policiesChanged(unit, ledger)
    unit.changed({ subject: `${input.ledger} chart`, before: before?.version ?? null, after: chart.version })
    return {
      ledger: input.ledger,
      ...chart,
      set_at: new Date(now).toISOString(),
      set_by: unit.context.actor.id,
    }
  },
})

/** Every asset that a template names must be known, and every limit an amount of its asset. */
async function checkAssets(db: Db, templates: readonly Template[]): Promise<void> {
  const limits = templates.flatMap((t) =>
    typeof t.overdraft === 'object' ? Object.entries(t.overdraft.limits) : [],
  )
  const named = new Set([...templates.flatMap((t) => t.assets ?? []), ...limits.map(([asset]) => asset)])
  const exponents = await findExponents(db, named)
  for (const asset of named) {
    if (!exponents.has(asset))
      throw new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
  }
  for (const [asset, limit] of limits) parseAmount(asset, limit, exponents.get(asset) ?? 0)
}
