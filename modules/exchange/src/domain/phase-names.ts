import type { phase } from '@florin/orderbook'

/** Phases by their names outside, and the engine's names for them. */
export const enginePhases = {
  closed: 'closed',
  pre_open: 'preOpen',
  opening_auction: 'openingAuction',
  continuous: 'continuous',
  volatility_auction: 'volatilityAuction',
  closing_auction: 'closingAuction',
  halted: 'halted',
  cancel_only: 'cancelOnly',
} as const satisfies Readonly<Record<string, keyof typeof phase>>

export type PhaseName = keyof typeof enginePhases

export const phaseNames = Object.keys(enginePhases).filter((name): name is PhaseName => name in enginePhases)
