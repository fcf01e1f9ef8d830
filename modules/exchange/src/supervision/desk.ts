import type { LiquidationPolicy, MarginDecision, MarginView } from '@florin/orderbook'
import { engineLimit } from '../domain/liquidation.ts'
import { marketSettings, settingValue } from '../domain/settings.ts'
import type { LiquidationPolicy as Terms } from '../domain/supervision.ts'
import { ticksOf } from '../domain/units.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import { limitsInForce } from '../store/limits.ts'
import type { MarginCall } from '../store/margin-calls.ts'
import { settingsInForce } from '../store/market-changes.ts'
import type { MarketRecord } from '../store/markets.ts'
import { currentPolicy, type PolicyRecord } from '../store/policies.ts'
import type { Scene } from './scene.ts'

const second = 1_000_000

/** What decisions about the accounts of a market need. */
export interface Desk {
  readonly scene: Scene
  readonly policy: Terms & Pick<PolicyRecord<'liquidation'>, 'version' | 'sinceUs' | 'setBy'>
  /** The same for the library's decisions. */
  readonly terms: LiquidationPolicy
  readonly priceStep: number
  readonly mark: number
  readonly accounts: ReadonlyMap<bigint, AccountRecord>
  readonly limits: ReadonlyMap<number, Readonly<Record<string, unknown>>>
}

export async function openDesk(
  scene: Scene,
  concerned: readonly { readonly account: number }[],
  mark: number,
): Promise<Desk> {
  const { unit, market } = scene
  const numbers = [...new Set(concerned.map(({ account }) => account))]
  const { policy, ...version } = await currentPolicy(unit.db, market.id, 'liquidation')
  const settings = await settingsInForce(unit.db, market.id)
  const { largestPosition } = market.config
  const quantityStep = settingOr(market, settings, 'quantity_step', 1)
  const largest = settingOr(market, settings, 'largest_order', largestPosition)
  return {
    scene,
    policy: { ...policy, ...version },
    terms: {
      callDuration: policy.call_s * second,
      slippage: slippageOf(market, policy),
      quantityStep,
      largestOrder: Math.max(largest - (largest % quantityStep), quantityStep),
    },
    priceStep: settingOr(market, settings, 'price_step', 1),
    mark,
    accounts: await accountsById(unit.db, numbers.map(BigInt)),
    limits: await limitsInForce(unit.db, market.id, numbers),
  }
}

function slippageOf(market: MarketRecord, { slippage }: Terms): number {
  const ticks = ticksOf(market, slippage)
  if (ticks === undefined) throw new Error(`The slippage in force is no price: ${slippage}`)
  return ticks
}

/** An account that is called, and what the library decided about it. */
export interface Case {
  readonly call: MarginCall
  readonly view: MarginView
  readonly decision: MarginDecision
}

/** The account as the library's decisions see it. */
export function viewOf({ scene, mark, limits }: Desk, account: number): MarginView {
  const held = scene.engine.position(account)
  return {
    state: held?.state ?? 0,
    position: held?.position ?? 0,
    equity: held?.equity ?? 0,
    mark,
    initialMargin: engineLimit(scene.market, limits.get(account) ?? {}, 'initial_margin_ppm'),
  }
}

/** A market's setting in force, as the engine counts it. */
function settingOr(
  market: MarketRecord,
  settings: Readonly<Record<string, unknown>>,
  name: keyof typeof marketSettings,
  otherwise: number,
): number {
  const value = settings[name]
  if (typeof value !== 'string') return otherwise
  const number = settingValue(market, name, marketSettings[name], value)
  if (typeof number === 'string') throw new Error(`A setting in force is none: ${number}`)
  return number
}
