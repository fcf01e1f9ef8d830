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
