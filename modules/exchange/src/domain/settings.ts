import { type accountSetting, type marketSetting, permission } from '@florin/orderbook'
import { lotsOf, ticksOf, type Units, wholeValueOf } from './units.ts'

/** How a value is written outside, and counted by the engine. */
type Kind = 'price' | 'quantity' | 'money' | 'count' | 'ppm' | 'microseconds' | 'switch'

interface Setting<Name> {
  /** The engine's name for it. */
  readonly setting: Name
  readonly kind: Kind
  readonly least: number
  readonly most: number
  readonly description: string
}

type MarketSettings = Readonly<Record<string, Setting<keyof typeof marketSetting>>>
type LimitSettings = Readonly<Record<string, Setting<keyof typeof accountSetting>>>

const int31 = 2 ** 31 - 1
const ppm = 1_000_000

/** Settings of a market, by their names outside. */
export const marketSettings = {
  active: { setting: 'active', kind: 'switch', least: 0, most: 1, description: 'false suspends the market' },
  static_range: {
    setting: 'staticRange',
    kind: 'price',
    least: 0,
    most: int31,
    description: 'How far from the reference price orders may be priced; 0 sets no band',
  },
  dynamic_range: {
    setting: 'dynamicRange',
    kind: 'price',
    least: 0,
    most: int31,
    description:
      'How far a trade may be from the last price; beyond it a volatility auction begins; 0 sets no band',
  },
  protection: {
    setting: 'protection',
    kind: 'price',
    least: 0,
    most: int31,
    description: 'How far from the best price market orders trade; 0 sets no limit',
  },
  price_step: {
    setting: 'priceStep',
    kind: 'price',
    least: 1,
    most: int31,
    description: 'Prices are multiples of it',
  },
  quantity_step: {
    setting: 'quantityStep',
    kind: 'quantity',
    least: 1,
    most: int31,
    description: 'Quantities are multiples of it',
  },
  largest_order: {
    setting: 'largestOrder',
    kind: 'quantity',
    least: 1,
    most: int31,
    description: 'The largest quantity of an order',
  },
} as const satisfies MarketSettings

/** Limits of an account on a market, by their names outside; permissions apart, which are a list of words. */
export const limitSettings = {
  group: {
    setting: 'group',
    kind: 'count',
    least: 0,
    most: int31,
    description: 'Accounts of one group are one for self-trade prevention by group; 0 is no group',
  },
  max_order_quantity: {
    setting: 'maxOrderQuantity',
    kind: 'quantity',
    least: 0,
    most: int31,
    description: 'Of one order; 0 refuses every order',
  },
  max_order_value: {
    setting: 'maxOrderValue',
    kind: 'money',
    least: 0,
    most: 2 ** 50,
    description: 'Of one order; 0 refuses every order',
  },
  max_position: {
    setting: 'maxPosition',
    kind: 'quantity',
    least: 0,
    most: int31,
    description: 'Long or short, open orders included; 0 refuses every order',
  },
  collar: {
    setting: 'collar',
    kind: 'price',
    least: 0,
    most: int31,
    description: 'How much worse than the reference a price may be; 0 is no collar',
  },
  throttle_interval_us: {
    setting: 'throttleInterval',
    kind: 'microseconds',
    least: 0,
    most: 2 ** 32,
    description: 'Microseconds that each message takes; 0 is no throttle',
  },
  throttle_burst: {
    setting: 'throttleBurst',
    kind: 'count',
    least: 0,
    most: 65_536,
    description: 'Messages that may come at once',
  },
  repeat_window_us: {
    setting: 'repeatWindow',
    kind: 'microseconds',
    least: 0,
    most: 2 ** 48,
    description: 'Microseconds within which identical orders in a row are counted',
  },
  repeat_maximum: {
    setting: 'repeatMaximum',
    kind: 'count',
    least: 0,
    most: int31,
    description: 'Identical orders in a row within the window; 0 is no limit',
  },
  max_concentration_ppm: {
    setting: 'maxConcentration',
    kind: 'ppm',
    least: 0,
    most: ppm,
    description: 'Share of the portfolio in this instrument, millionths; 0 is no limit',
  },
  portfolio_elsewhere: {
    setting: 'portfolioElsewhere',
    kind: 'money',
    least: 0,
    most: 2 ** 50,
    description: 'Value of the portfolio outside this instrument',
  },
  fee_rate_ppm: {
    setting: 'feeRate',
    kind: 'ppm',
    least: 0,
    most: 100_000,
    description: 'What is set aside for fees, millionths of the value',
  },
  initial_margin_ppm: {
    setting: 'initialMargin',
    kind: 'ppm',
    least: 0,
    most: 4 * ppm,
    description: 'Equity that a new position of a margin account needs, millionths of its value',
  },
  maintenance_margin_ppm: {
    setting: 'maintenanceMargin',
    kind: 'ppm',
    least: 0,
    most: 4 * ppm,
    description: 'Equity below which there is a margin call, millionths of the position’s value',
  },
  liquidation_margin_ppm: {
    setting: 'liquidationMargin',
    kind: 'ppm',
    least: 0,
    most: 4 * ppm,
    description: 'Equity below which the position is to be liquidated, millionths of its value',
  },
  locate: {
    setting: 'locate',
    kind: 'quantity',
    least: 0,
    most: int31,
    description: 'What was located and may be sold short',
  },
  daily_loss: {
    setting: 'dailyLoss',
    kind: 'money',
    least: 0,
    most: 2 ** 50,
    description: 'Loss since the start of the day that halts the account; 0 is no limit',
  },
  drawdown: {
    setting: 'drawdown',
    kind: 'money',
    least: 0,
    most: 2 ** 50,
    description: 'Loss since the best moment after which the account may only reduce; 0 is no limit',
  },
  reduce_only: {
    setting: 'reduceOnly',
    kind: 'switch',
    least: 0,
    most: 1,
    description: 'Whether the account may only reduce its position',
  },
  output_window_us: {
    setting: 'outputWindow',
    kind: 'microseconds',
    least: 0,
    most: 2 ** 48,
    description: 'Microseconds over which what was executed is counted',
  },
  output_maximum: {
    setting: 'outputMaximum',
    kind: 'quantity',
    least: 0,
    most: 2 ** 50,
    description: 'Executed within the window; more halts the account; 0 is no limit',
  },
  max_open_orders: {
    setting: 'maxOpenOrders',
    kind: 'count',
    least: 0,
    most: int31,
    description: 'Open orders at a time; 0 is no limit',
  },
} as const satisfies LimitSettings

export type LimitName = keyof typeof limitSettings

const permissions = {
  buy: permission.buy,
  sell: permission.sell,
  short_sale: permission.shortSale,
} as const

/** The engine's bits of what an account may do. */
export function permissionBits(
  kind: 'cash' | 'margin',
  allowed: readonly (keyof typeof permissions)[],
): number {
  return allowed.reduce<number>(
    (bits, name) => bits | permissions[name],
    kind === 'margin' ? permission.margin : 0,
  )
}

/** The same of limits as they were given: what was never said is what accounts may do at first. */
export function permissionsOf(kind: 'cash' | 'margin', limits: Readonly<Record<string, unknown>>): number {
  const given = limits.permissions
  return permissionBits(kind, Array.isArray(given) ? given.filter(isPermission) : ['buy', 'sell'])
}

function isPermission(name: unknown): name is keyof typeof permissions {
  return typeof name === 'string' && name in permissions
}
export type SettingValue = string | number | boolean

/**
 * The engine's number for a value, or what is wrong with it in one sentence. Money counts in ticks x lots, rounded
 * towards zero: a limit allows no more than was said.
 */
export function settingValue(
  units: Units,
  name: string,
  { kind, least, most }: Setting<unknown>,
  value: SettingValue,
): number | string {
  const number = counted(units, kind, value)
  if (number === undefined) return `${name}: ${value} does not fit the market's ticks and lots`
  if (number < least || number > most) return `${name}: ${value} is outside what the engine can count`
  return number
}

function counted(units: Units, kind: Kind, value: SettingValue): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return value
  switch (kind) {
    case 'price':
      return ticksOf(units, value)
    case 'quantity':
      return lotsOf(units, value)
    default:
      return wholeValueOf(units, value)
  }
}
