import type { Clock } from '../clock.ts'

/** A token bucket: `capacity` at once, then one every `refillMs`. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #capacity: number
  readonly #refillMs: number
  #tokens: number
  #countedAt: number

  constructor(clock: Clock, capacity: number, refillMs: number) {
    this.#clock = clock
    this.#capacity = capacity
    this.#refillMs = refillMs
    this.#tokens = capacity
    this.#countedAt = clock.now()
  }

  take(): boolean {
    const now = this.#clock.now()
    // The clock may step back: then nothing is earned until it is past the last count again.
    const earned = Math.max(0, (now - this.#countedAt) / this.#refillMs)
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned)
    this.#countedAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
