import type { Clock } from '@florin/kernel'

/** Messages of one connection: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Counts by the generic cell rate algorithm; the clock may step back. */
export class Throttle {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #creditMs: number
  #due = 0

  constructor(clock: Clock, { perSecond, burst }: Rate) {
    this.#clock = clock
    this.#everyMs = 1_000 / perSecond
    this.#creditMs = (burst - 1) * this.#everyMs
  }

  /** Whether one more message is within the rate. */
  take(): boolean {
    const now = this.#clock.now()
    // A clock that stepped back must not keep anybody waiting for longer than an empty bucket does.
    const due = Math.min(this.#due, now + this.#creditMs + this.#everyMs)
    if (due > now + this.#creditMs) return false
    this.#due = Math.max(due, now) + this.#everyMs
    return true
  }
}
