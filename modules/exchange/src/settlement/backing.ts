import { minorOf, type Units } from '../domain/units.ts'
import type { Block } from '../store/holds.ts'

/** What the holds behind an account's buying power have to become. */
export interface Backing {
  /** What each hold gives back, the oldest first. */
  readonly releases: readonly { readonly hold: string; readonly by: bigint }[]
  /** Buying power that nothing stands behind; always 0 unless somebody gave holds back by hand. */
  readonly missing: bigint
}

/**
 * Makes the holds of one account what the engine's cash says: what trades used up and what was given back is released.
 *
 * @param blocks its holds, the oldest first
 * @param allocated held already, and not in the engine's cash yet
 * @param cash of the engine, ticks x lots; fees that were rounded up may leave it a little below zero
 */
export function backingOf(units: Units, blocks: readonly Block[], allocated: bigint, cash: number): Backing {
  const held = blocks.reduce((sum, { remaining }) => sum + remaining, 0n)
  let excess = held - allocated - minorOf(units, Math.max(cash, 0))
  if (excess < 0n) return { releases: [], missing: -excess }
  const releases: { hold: string; by: bigint }[] = []
  for (const { hold, remaining } of blocks) {
    if (excess === 0n) break
    const by = remaining < excess ? remaining : excess
    releases.push({ hold, by })
    excess -= by
  }
  return { releases, missing: 0n }
}
