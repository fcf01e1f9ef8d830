import type { Clock } from '@florin/kernel'

/** Gives the times of commands. */
export interface MicrosecondClock {
  /** Microseconds since 1970-01-01T00:00:00Z. May step back; a sequencer keeps the highest seen. */
  now(): number
  /** What it is, for the records: regulators ask by what clock a time was taken. */
  readonly source: string
}

/**
 * Microseconds out of a clock of milliseconds and a counter that only says what has passed. The counter fills in what
 * the clock leaves out, and is brought back within the clock's millisecond wherever it leaves it: so the clock's own
 * discipline (NTP, PTP) is kept, and the true edge of its milliseconds is found after some calls.
 *
 * @param elapsedUs microseconds since any fixed moment, never falling
 */
export function microsecondClock(clock: Clock, elapsedUs: () => number, source: string): MicrosecondClock {
  let offset = Number.NaN
  return {
    source,
    now() {
      const elapsed = Math.floor(elapsedUs())
      const earliest = clock.now() * 1_000
      if (!(offset + elapsed >= earliest)) offset = earliest - elapsed
      else if (offset + elapsed > earliest + 999) offset = earliest + 999 - elapsed
      return offset + elapsed
    },
  }
}
