import { accountStateBit, side } from '../layout.ts'

/** A margin account at a mark, as the engine tells it: money in ticks x lots, quantities in lots. */
export interface MarginView {
  /** Bits of `accountStateBit`. */
  readonly state: number
  /** Short below 0. */
  readonly position: number
  /** Collateral with realised and unrealised result at the mark. */
  readonly equity: number
  readonly mark: number
  /** Millionths of the position's value at the mark. */
  readonly initialMargin: number
}

export interface LiquidationPolicy {
  /** Microseconds in which a margin call is to be met. */
  readonly callDuration: number
  /** Ticks beyond the mark at which positions may be closed. */
  readonly slippage: number
  /** Quantities are multiples of it. */
  readonly quantityStep: number
  /** Lots of one order. */
  readonly largestOrder: number
}

export interface LiquidationOrder {
  /** `side.buy` or `side.sell`. */
  readonly side: number
  readonly quantity: number
  /** Limit, in ticks. */
  readonly price: number
}

export type MarginDecision =
  /** No call, or the call is met. */
  | { readonly kind: 'none' }
  /** `amount` brings the equity back to the initial margin, by `deadline` in microseconds since 1970. */
  | { readonly kind: 'marginCall'; readonly amount: number; readonly deadline: number }
  /** Cancel the account's orders, then close with these. */
  | { readonly kind: 'liquidate'; readonly orders: readonly LiquidationOrder[] }

/**
 * What to do about an account after a mark. A call keeps its deadline while it lasts; past it, or below the liquidation margin,
 * as much of the position is closed as brings the equity back to the initial margin.
 *
 * @param deadline of the call that was made before, or `null`
 * @param time microseconds since 1970
 */
export function decideMargin(
  account: MarginView,
  policy: LiquidationPolicy,
  deadline: number | null,
  time: number,
): MarginDecision {
  const liquidates = (account.state & accountStateBit.liquidation) !== 0
  const called = (account.state & accountStateBit.marginCall) !== 0
  if (account.position === 0 || !(liquidates || called)) return { kind: 'none' }
  if (liquidates || (deadline !== null && time >= deadline)) {
    return { kind: 'liquidate', orders: closingOrders(account, policy) }
  }
  const amount = Number(divideUp(shortfall(account), million))
  return { kind: 'marginCall', amount: Math.max(amount, 0), deadline: deadline ?? time + policy.callDuration }
}

const million = 1_000_000n

/** Initial margin of the position less the equity, in millionths. */
function shortfall({ position, mark, initialMargin, equity }: MarginView): bigint {
  return BigInt(Math.abs(position)) * BigInt(mark) * BigInt(initialMargin) - BigInt(equity) * million
}

/**
 * The fewest lots to close at the mark ± slippage so that equity − slippage x closed ≥ initial margin of the rest. All of them
 * where the slippage costs as much as the margin frees.
 */
export function lotsToClose(account: MarginView, slippage: number, quantityStep: number): number {
  const held = Math.abs(account.position)
  const lacking = shortfall(account)
  if (lacking <= 0n) return 0
  const freedByLot = BigInt(account.mark) * BigInt(account.initialMargin) - BigInt(slippage) * million
  if (freedByLot <= 0n) return held
  const steps = divideUp(divideUp(lacking, freedByLot), BigInt(quantityStep))
  const lots = steps * BigInt(quantityStep)
  return lots >= BigInt(held) ? held : Number(lots)
}

function closingOrders(account: MarginView, policy: LiquidationPolicy): LiquidationOrder[] {
  const long = account.position > 0
  const price = long ? Math.max(account.mark - policy.slippage, 0) : account.mark + policy.slippage
  const orders: LiquidationOrder[] = []
  let rest = lotsToClose(account, policy.slippage, policy.quantityStep)
  while (rest > 0) {
    const quantity = Math.min(rest, policy.largestOrder)
    orders.push({ side: long ? side.sell : side.buy, quantity, price })
    rest -= quantity
  }
  return orders
}

/** Of a positive divisor. */
function divideUp(value: bigint, by: bigint): bigint {
  return value <= 0n ? value / by : (value + by - 1n) / by
}
