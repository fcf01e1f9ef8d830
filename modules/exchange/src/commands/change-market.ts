import { defineCommand, Refusal } from '@florin/kernel'
import { type TSchema, Type } from 'typebox'
import { marketSettings, settingValue } from '../domain/settings.ts'
import { MarketCode, Price, Quantity, strict } from '../schemas.ts'
import { insertMarketChange } from '../store/market-changes.ts'
import { findMarket } from '../store/markets.ts'
import { ask, demandReason, requestFields, type Untimed } from './requests.ts'

function described<T extends TSchema>(schema: T, name: keyof typeof marketSettings): T {
  return { ...schema, description: marketSettings[name].description }
}

const settings = {
  active: Type.Optional(described(Type.Boolean(), 'active')),
  static_range: Type.Optional(described(Price, 'static_range')),
  dynamic_range: Type.Optional(described(Price, 'dynamic_range')),
  protection: Type.Optional(described(Price, 'protection')),
  price_step: Type.Optional(described(Price, 'price_step')),
  quantity_step: Type.Optional(described(Quantity, 'quantity_step')),
  largest_order: Type.Optional(described(Quantity, 'largest_order')),
}

export const changeMarket = defineCommand({
  name: 'exchange.market.change',
  summary: 'Change settings of a market: bands, protection, steps, or whether it is active',
  description: 'Orders that rest stay. To suspend a market needs a reason.',
  http: { method: 'PATCH', path: '/v1/exchange/markets/{market}' },
  input: strict({ market: MarketCode, ...settings }),
  output: strict({ ...requestFields, version: Type.Integer({ minimum: 1 }) }, { title: 'MarketChange' }),
  permission: 'exchange.market.change',
  refusals: ['market_not_found', 'reason_required', 'market_value_invalid'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', static_range: '0.0500', dynamic_range: '0.0100', protection: '0.0050' },
    refused: { market_value_invalid: { market: 'USDC-EUR', static_range: '0.00005' } },
  },
  async run(unit, { market: code, ...changed }) {
    const market = await findMarket(unit.db, code)
    if (changed.active === false) demandReason(unit, 'A market is suspended only for a reason')
    const commands: Untimed[] = []
    for (const [name, setting] of entriesOf(marketSettings)) {
      const given = changed[name]
      if (given === undefined) continue
      const value = settingValue(market, name, setting, given)
      if (typeof value === 'string') throw new Refusal('market_value_invalid', value, { setting: name })
      commands.push({ command: 'set', setting: setting.setting, value })
    }
    const version = await insertMarketChange(unit, market.id, changed)
    unit.changed({ subject: code, before: null, after: changed })
    return { ...(await ask(unit, market, commands)), version }
  },
})

function entriesOf<T extends object>(table: T): [keyof T, T[keyof T]][] {
  return Object.entries(table) as [keyof T, T[keyof T]][]
}
