import { roundQuotient } from '@florin/money'

/** What an account pays, or is paid, that traded at least so much. */
export interface FeeTier {
  /** Value traded in the last 30 days, minor units of the quote. */
  readonly from: bigint
  /** Millionths of a trade's value; below zero it is a rebate. */
  readonly makerPpm: number
  readonly takerPpm: number
}

export interface FeeSchedule {
  readonly version: number
  /** Rising; the first from 0. */
  readonly tiers: readonly FeeTier[]
  /** The least that a side pays for a trade, where it pays a fee; minor units of the quote. */
  readonly minimum: bigint
}

/** No fees: where none were set. */
export const noFees: FeeSchedule = {
  version: 0,
  tiers: [{ from: 0n, makerPpm: 0, takerPpm: 0 }],
  minimum: 0n,
}

/** What is wrong with tiers, in one sentence; undefined: nothing. */
export function tiersFault(tiers: readonly FeeTier[]): string | undefined {
  if (tiers[0]?.from !== 0n) return 'The first tier does not begin at 0'
  for (const [i, { from, makerPpm, takerPpm }] of tiers.entries()) {
    const before = tiers[i - 1]
    if (before !== undefined && from <= before.from)
      return `Tier ${i + 1} does not begin above the one before`
    if (makerPpm + takerPpm < 0) return `Tier ${i + 1} pays more than it takes`
  }
  return undefined
}

/** The tier for a value traded in the last 30 days, minor units of the quote. */
export function tierFor(schedule: FeeSchedule, traded: bigint): FeeTier {
  const tier = schedule.tiers.findLast(({ from }) => from <= traded)
  if (tier === undefined) throw new Error('A fee schedule has no first tier')
  return tier
}

/** The highest rate that anybody can come to pay, millionths; what buyers have to set aside. */
export function highestRate({ tiers }: Pick<FeeSchedule, 'tiers'>): number {
  return Math.max(0, ...tiers.flatMap(({ makerPpm, takerPpm }) => [makerPpm, takerPpm]))
}

export type Liquidity = 'maker' | 'taker'

/**
 * What one side of a trade pays, in minor units of the quote; below zero it is paid. Rounded to the ceiling: never less
 * than the rate says, and never more than the engine set aside by the same rate.
 *
 * @param value of the trade, minor units of the quote
 * @param traded by the account in the 30 days before, minor units of the quote
 */
export function feeOf(schedule: FeeSchedule, liquidity: Liquidity, value: bigint, traded: bigint): bigint {
  const { makerPpm, takerPpm } = tierFor(schedule, traded)
  const ppm = liquidity === 'maker' ? makerPpm : takerPpm
  const fee = roundQuotient(value * BigInt(ppm), 1_000_000n, 'ceiling')
  return ppm > 0 && fee < schedule.minimum ? schedule.minimum : fee
}
