/** The time source of a run. Everything that needs the time takes it from its context, so a run can be replayed. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May step back; whoever needs monotonic time keeps the highest seen. */
  now(): number
}

/** The machine's clock. The one place in Florin that reads it; composition roots hand it out. */
export const systemClock: Clock = { now: () => Date.now() }
