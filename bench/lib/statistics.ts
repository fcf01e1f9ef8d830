/** Some runs of the same thing. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
  readonly runs: number
}

/** The middle value; of an even number of values the upper of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    median: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    runs: values.length,
  }
}

/** Response times in milliseconds; every single one is kept and sorted, so no bucket rounds them. */
export interface Latency {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export function latencyOf(samples_ms: Float64Array): Latency {
  const sorted = samples_ms.toSorted()
  // The smallest value that this share of all values does not exceed.
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) }
}

/** Seconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1_000
}
