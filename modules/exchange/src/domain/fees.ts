import { roundQuotient } from '@florin/money'

/** Rates from some traded value on. Millionths of a trade's value; makers may have less than none: a rebate. */
export interface FeeTier {
  /** Minor units of the quote that the account traded in the 30 days before. */
  readonly from: bigint
  readonly makerPpm: bigint
  readonly takerPpm: bigint
}

export interface FeeSchedule {
  readonly version: number
  /** Ascending, the first from 0. */
  readonly tiers: readonly FeeTier[]
  /** Minor units of the quote, for each side of a trade that pays a fee. */
  readonly minimum: bigint
  /** Epoch milliseconds from which on it is in force. */
  readonly from: number
}

export type Liquidity = 'maker' | 'taker'

/**
 * What one side of a trade pays, in minor units of the quote; below zero it is paid. Rounded to the ceiling: never less
 * than the rate says, and no more than the engine set aside for it.
 *
 * @param value of the trade, minor units of the quote
 * @param traded by the account in the 30 days before, minor units of the quote
 */
export function feeOf(
  schedule: FeeSchedule | undefined,
  liquidity: Liquidity,
  value: bigint,
  traded: bigint,
): bigint {
  const tier = schedule?.tiers.findLast(({ from }) => from <= traded)
  if (schedule === undefined || tier === undefined) return 0n
  const ppm = liquidity === 'maker' ? tier.makerPpm : tier.takerPpm
  const fee = roundQuotient(value * ppm, 1_000_000n, 'ceiling')
  return ppm > 0n && fee < schedule.minimum ? schedule.minimum : fee
}

/** The schedule in force at an instant, epoch milliseconds; given in the order of their versions. */
export function scheduleAt(schedules: readonly FeeSchedule[], instant: number): FeeSchedule | undefined {
  return schedules.findLast(({ from }) => from <= instant)
}
