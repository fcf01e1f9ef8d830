import type { Clock } from '../clock.ts'

/** A clock that stands still until it is told otherwise. */
export class TestClock implements Clock {
  #now: number

  /** `start`: ISO 8601, or milliseconds since 1970. */
  constructor(start: string | number) {
    this.#now = new Date(start).getTime()
  }

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  set(instant: string | number): void {
    this.#now = new Date(instant).getTime()
  }
}
