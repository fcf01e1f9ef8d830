import type { LevelChange, LevelUpdate } from './level-update.ts'

/**
 * Makes one update of those that a slow consumer has not taken yet: each level, the best prices and the market as they are in the
 * newest. Its size is bounded by the number of levels that changed. Single trades are left out; the totals count them.
 */
export class Conflation {
  readonly #levels = new Map<string, LevelChange>()
  #merged: LevelUpdate | undefined
  #count = 0

  /** Updates that are waiting. */
  get count(): number {
    return this.#count
  }

  /** Throws `RangeError` if it does not follow the update before. */
  add(update: LevelUpdate): void {
    const before = this.#merged
    if (before !== undefined && update.after !== before.sequence) {
      throw new RangeError(`the update after ${update.after} does not follow ${before.sequence}`)
    }
    for (const change of update.levels) this.#levels.set(`${change[0]}:${change[1]}`, change)
    this.#merged = before === undefined ? update : newer(before, update)
    this.#count += update.conflated ?? 1
  }

  /** What is waiting, as one update; a single one as it came. */
  take(): LevelUpdate | undefined {
    const merged = this.#merged
    const levels = [...this.#levels.values()]
    const count = this.#count
    this.#levels.clear()
    this.#merged = undefined
    this.#count = 0
    if (merged === undefined || count === 1) return merged
    return { ...merged, levels, trades: [], conflated: count }
  }
}

function newer(before: LevelUpdate, update: LevelUpdate): LevelUpdate {
  const market = update.market ?? before.market
  const best = update.best ?? before.best
  return {
    after: before.after,
    sequence: update.sequence,
    time: update.time,
    levels: [],
    trades: [],
    ...(market && { market }),
    ...(best && { best }),
    // checksums are of the newest book only
    top: update.top,
    ...(update.whole !== undefined && { whole: update.whole }),
  }
}
