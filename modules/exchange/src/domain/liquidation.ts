import type { LiquidationOrder, MarketConfig } from '@florin/orderbook'
import { type LimitName, limitSettings, settingValue } from './settings.ts'
import type { Units } from './units.ts'

/** Orders of one account in one round: a thin market is not swept by a large account in one go. */
export const ordersOfRound = 20

/** A limit that is set aside for the orders of a round, and set again right after them. */
export interface Lift {
  readonly setting: (typeof limitSettings)[LimitName]['setting'] | 'halted' | 'permissions'
  readonly during: number
  readonly after: number
}

/** Limits that keep an account from going too far, and would keep it from being closed. */
const inTheWay = {
  throttle_interval_us: () => 0,
  repeat_maximum: () => 0,
  daily_loss: () => 0,
  output_maximum: () => 0,
  max_order_quantity: (config) => config.largestPosition,
  max_order_value: () => limitSettings.max_order_value.most,
  max_position: (config) => config.largestPosition,
} as const satisfies Partial<Record<LimitName, (config: MarketConfig) => number>>

/**
 * What of an account's limits has to be set aside. That it may only reduce its position is not: whatever it does
 * meanwhile, an order of the market never closes more than there is.
 *
 * @param limits in force, as they were given
 * @param permissions bits as they are, and as they have to be
 */
export function liftsOf(
  market: Units & { readonly config: MarketConfig },
  limits: Readonly<Record<string, unknown>>,
  permissions: { readonly now: number; readonly needed: number },
  isHalted: boolean,
): Lift[] {
  const lifts: Lift[] = []
  for (const name of Object.keys(inTheWay).filter(isInTheWay)) {
    const after = engineLimit(market, limits, name)
    const during = inTheWay[name](market.config)
    if (after !== during) lifts.push({ setting: limitSettings[name].setting, during, after })
  }
  const { now, needed } = permissions
  if ((now & needed) !== needed) lifts.push({ setting: 'permissions', during: now | needed, after: now })
  if (isHalted) lifts.push({ setting: 'halted', during: 0, after: 1 })
  return lifts
}

/** The engine's number for a limit; 0 for one that was never given, as in the engine. */
export function engineLimit(
  units: Units,
  limits: Readonly<Record<string, unknown>>,
  name: LimitName,
): number {
  const value = limits[name]
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return 0
  const number = settingValue(units, name, limitSettings[name], value)
  if (typeof number === 'string') throw new Error(`A limit in force is none: ${number}`)
  return number
}

/** What the market allows of its orders, in ticks and lots. */
export interface OrderSteps {
  readonly price: number
  readonly quantity: number
}

/**
 * The orders as the market takes them: prices within its bounds and rounded to its steps towards the mark, quantities rounded
 * down to its steps. What is less than a step is left.
 */
export function fitted(
  orders: readonly LiquidationOrder[],
  steps: OrderSteps,
  config: Pick<MarketConfig, 'lowestPrice' | 'highestPrice'>,
  buySide: number,
): LiquidationOrder[] {
  return orders
    .slice(0, ordersOfRound)
    .map(({ side, quantity, price }) => {
      const round = side === buySide ? Math.floor : Math.ceil
      const lowest = Math.ceil(config.lowestPrice / steps.price)
      const highest = Math.floor(config.highestPrice / steps.price)
      const units = Math.min(Math.max(round(price / steps.price), lowest), highest)
      return { side, price: units * steps.price, quantity: quantity - (quantity % steps.quantity) }
    })
    .filter(({ quantity }) => quantity > 0)
}

function isInTheWay(name: string): name is keyof typeof inTheWay {
  return name in inTheWay
}
