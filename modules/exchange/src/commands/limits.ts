import { defineCommand, defineQuery, Refusal, Time } from '@florin/kernel'
import { type Static, type TSchema, Type } from 'typebox'
import { highestRate, noFees } from '../domain/fees.ts'
import {
  type LimitName,
  limitSettings,
  permissionBits,
  type SettingValue,
  settingValue,
} from '../domain/settings.ts'
import { AccountCode, MarketCode, Money, Price, Quantity, strict } from '../schemas.ts'
import { type AccountRecord, findAccount } from '../store/accounts.ts'
import { feesAt } from '../store/fees.ts'
import { currentLimits, insertLimits, type LimitsRecord } from '../store/limits.ts'
import { lockSetup } from '../store/market-changes.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { ask, demandReason, requestFields, type Untimed } from './requests.ts'

function limit<T extends TSchema>(name: LimitName, schema: T) {
  return Type.Optional({ ...schema, description: limitSettings[name].description })
}

function whole(name: LimitName) {
  const { least, most } = limitSettings[name]
  return limit(name, Type.Integer({ minimum: least, maximum: most }))
}

const Limits = strict(
  {
    permissions: Type.Optional(
      Type.Array(Type.Enum(['buy', 'sell', 'short_sale']), {
        uniqueItems: true,
        description: 'What the account may do; buy and sell unless anything else was said',
      }),
    ),
    group: whole('group'),
    max_order_quantity: limit('max_order_quantity', Quantity),
    max_order_value: limit('max_order_value', Money),
    max_position: limit('max_position', Quantity),
    collar: limit('collar', Price),
    throttle_interval_us: whole('throttle_interval_us'),
    throttle_burst: whole('throttle_burst'),
    repeat_window_us: whole('repeat_window_us'),
    repeat_maximum: whole('repeat_maximum'),
    max_concentration_ppm: whole('max_concentration_ppm'),
    portfolio_elsewhere: limit('portfolio_elsewhere', Money),
    fee_rate_ppm: whole('fee_rate_ppm'),
    initial_margin_ppm: whole('initial_margin_ppm'),
    maintenance_margin_ppm: whole('maintenance_margin_ppm'),
    liquidation_margin_ppm: whole('liquidation_margin_ppm'),
    locate: limit('locate', Quantity),
    daily_loss: limit('daily_loss', Money),
    drawdown: limit('drawdown', Money),
    reduce_only: limit('reduce_only', Type.Boolean()),
    output_window_us: whole('output_window_us'),
    output_maximum: limit('output_maximum', Quantity),
    max_open_orders: whole('max_open_orders'),
  },
  { title: 'TradingLimits' },
)

type GivenLimits = Static<typeof Limits>

const LimitsView = strict(
  {
    account: AccountCode,
    market: MarketCode,
    version: Type.Integer({ minimum: 1 }),
    limits: Limits,
    set_at: Time,
    set_by: Type.String(),
  },
  { title: 'AccountLimits' },
)

export const setLimits = defineCommand({
  name: 'exchange.account.limits.set',
  summary: 'Set limits of a trading account on a market',
  description:
    'Limits that are not named stay as they are. Without max_order_quantity, max_order_value and max_position every order is refused.',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/limits/{market}' },
  input: strict({ account: AccountCode, market: MarketCode, limits: Limits }),
  output: strict(
    { ...requestFields, account: AccountCode, version: Type.Integer({ minimum: 1 }) },
    { title: 'LimitsChange' },
  ),
  permission: 'exchange.account.limits.set',
  refusals: ['trading_account_not_found', 'market_not_found', 'reason_required', 'market_value_invalid'],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: {
      account: 'alice',
      market: 'USDC-EUR',
      limits: {
        max_order_quantity: '10000',
        max_order_value: '20000.00',
        max_position: '50000',
        collar: '0.0500',
      },
    },
    reason: 'Agreed with the client',
  },
  async run(unit, input) {
    const account = await findAccount(unit.db, input.account)
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'Limits change only for a reason')
    checkAccountNumber(account, market)
    await lockSetup(unit, market.id)
    const before = await currentLimits(unit.db, account.id, market.id)
    const given = before === undefined ? { ...atFirst, ...input.limits } : input.limits
    const fees = (await feesAt(unit.db, market.id, new Date(unit.clock.now()))) ?? noFees
    const commands = commandsOf(market, account, withFeeRate(given, highestRate(fees), before === undefined))
    const record: LimitsRecord = {
      version: (before?.version ?? 0) + 1,
      limits: { ...before?.limits, ...given },
      set_at: new Date(unit.clock.now()),
      set_by: unit.context.actor.id,
    }
    await insertLimits(unit, account.id, market.id, record)
    unit.changed({
      subject: `${account.code} ${market.code}`,
      before: before?.limits ?? null,
      after: record.limits,
    })
    return { ...(await ask(unit, market, commands)), account: account.code, version: record.version }
  },
})

export const getLimits = defineQuery({
  name: 'exchange.account.limits.get',
  summary: 'Show the limits of a trading account on a market',
  http: { method: 'GET', path: '/v1/exchange/accounts/{account}/limits/{market}' },
  input: strict({ account: AccountCode, market: MarketCode }),
  output: LimitsView,
  permission: 'exchange.account.limits.get',
  refusals: ['trading_account_not_found', 'market_not_found', 'limits_not_found'],
  example: {
    after: ['exchange.account.limits.set'],
    input: { account: 'alice', market: 'USDC-EUR' },
  },
  async run(view, input) {
    const account = await findAccount(view.db, input.account)
    const market = await findMarket(view.db, input.market)
    const record = await currentLimits(view.db, account.id, market.id)
    if (record === undefined)
      throw new Refusal('limits_not_found', `${account.code} has no limits on ${market.code}`, {
        account: account.code,
        market: market.code,
      })
    return { ...input, ...record, set_at: record.set_at.toISOString() }
  },
})

export const releaseAccount = defineCommand({
  name: 'exchange.account.release',
  summary: 'Release a trading account that its limits halted',
  http: { method: 'POST', path: '/v1/exchange/accounts/{account}/release/{market}' },
  input: strict({ account: AccountCode, market: MarketCode }),
  output: strict({ ...requestFields, account: AccountCode }, { title: 'AccountRelease' }),
  permission: 'exchange.account.release',
  refusals: ['trading_account_not_found', 'market_not_found', 'reason_required', 'market_value_invalid'],
  example: {
    after: ['exchange.market.open', 'exchange.account.open'],
    input: { account: 'alice', market: 'USDC-EUR' },
    reason: 'The loss was explained',
  },
  async run(unit, input) {
    const account = await findAccount(unit.db, input.account)
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'A halted account is released only for a reason')
    checkAccountNumber(account, market)
    unit.changed({ subject: `${account.code} ${market.code}`, before: null, after: { halted: false } })
    const request = await ask(unit, market, [
      { command: 'account', account: Number(account.id), setting: 'halted', value: 0 },
    ])
    return { ...request, account: account.code }
  },
})

/** Never less is set aside than the market's fees can take: a purchase must not cost more than was blocked for it. */
function withFeeRate(given: GivenLimits, highest: number, isFirst: boolean): GivenLimits {
  if (given.fee_rate_ppm === undefined && !isFirst) return given
  return { ...given, fee_rate_ppm: Math.max(given.fee_rate_ppm ?? 0, highest) }
}

const atFirst: GivenLimits = { permissions: ['buy', 'sell'] }

/** @throws Refusal `market_value_invalid` */
export function checkAccountNumber(account: AccountRecord, market: MarketRecord): void {
  if (account.id > market.config.accounts)
    throw new Refusal(
      'market_value_invalid',
      `The market has room for ${market.config.accounts} accounts, and ${account.code} is number ${account.id}`,
      { account: account.code },
    )
}

function commandsOf(market: MarketRecord, account: AccountRecord, limits: GivenLimits): Untimed[] {
  const id = Number(account.id)
  const { permissions: allowed, ...rest } = limits
  const commands: Untimed[] = []
  if (allowed !== undefined)
    commands.push({
      command: 'account',
      account: id,
      setting: 'permissions',
      value: permissionBits(account.kind, allowed),
    })
  for (const [name, value] of Object.entries(rest)) {
    if (!isLimit(name) || value === undefined) continue
    const setting = limitSettings[name]
    commands.push({
      command: 'account',
      account: id,
      setting: setting.setting,
      value: numberOf(market, name, value),
    })
  }
  return commands
}

function numberOf(market: MarketRecord, name: LimitName, value: SettingValue): number {
  const number = settingValue(market, name, limitSettings[name], value)
  if (typeof number === 'string') throw new Refusal('market_value_invalid', number, { limit: name })
  return number
}

function isLimit(name: string): name is LimitName {
  return name in limitSettings
}
