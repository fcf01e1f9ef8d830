import { defineCommand, Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { AssetCode, LedgerName, Prefix, strict } from '../schemas.ts'
import { findExponents } from '../store/assets.ts'
import { currentCalendar, currentTerms, insertTerms } from '../store/calendars.ts'
import { lockLedger, policiesChanged } from '../store/head.ts'

export const TermsView = strict(
  {
    ledger: LedgerName,
    version: Type.Integer({ minimum: 1 }),
    prefix: Prefix,
    asset: Type.Union([AssetCode, Type.Null()], {
      description: 'Null: every asset without terms of its own under the prefix',
    }),
    business_days: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: no terms any more' }),
    set_at: Time,
    set_by: Type.String(),
  },
  { title: 'SettlementTerms' },
)

export const setSettlementTerms = defineCommand({
  name: 'ledger.settlement.terms.set',
  summary: 'Say within how many business days what is booked under a prefix must settle',
  description:
    'Counted from the day of the value time by the ledger’s calendar: with 2, what happens on a Friday is due on Tuesday. An account follows the terms of the longest prefix. They rule what is booked from now on.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/settlement-terms' },
  input: strict({
    ledger: LedgerName,
    prefix: Prefix,
    asset: Type.Optional(AssetCode),
    business_days: Type.Union([Type.Integer({ minimum: 0, maximum: 366 }), Type.Null()], {
      description: 'T + so many business days; null: no terms any more',
    }),
  }),
  output: TermsView,
  permission: 'ledger.settlement.terms.set',
  refusals: ['ledger_not_found', 'calendar_missing', 'asset_unknown'],
  example: {
    after: ['ledger.open', 'ledger.chart.set', 'ledger.calendar.set'],
    input: { ledger: 'demo', prefix: 'clearing', business_days: 2 },
    refused: { asset_unknown: { ledger: 'demo', prefix: 'clearing', asset: 'NONE', business_days: 2 } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    if ((await currentCalendar(unit.db, ledger.id)) === undefined)
      throw new Refusal('calendar_missing', 'Business days are counted by a calendar, and there is none', {})
    const { prefix, asset, business_days } = input
    if (asset !== undefined && !(await findExponents(unit.db, [asset])).has(asset))
      throw new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
    const terms = {
      prefix,
      asset: asset ?? null,
      business_days,
      set_at: new Date(unit.clock.now()),
      set_by: unit.context.actor.id,
    }
    const before = (await currentTerms(unit.db, ledger.id)).find(
      (one) => one.prefix === prefix && one.asset === terms.asset,
    )
    const version = await insertTerms(unit.db, ledger.id, terms)
    await policiesChanged(unit, ledger)
    unit.changed({
      subject: `${input.ledger} settlement terms ${prefix}${asset === undefined ? '' : ` ${asset}`}`,
      before: before?.business_days ?? null,
      after: business_days,
    })
    return { ledger: input.ledger, version, ...terms, set_at: terms.set_at.toISOString() }
  },
})
