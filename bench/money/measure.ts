import { median } from '../lib/statistics.ts'

/** One thing to measure: does its work on the index-th input and returns something, so that nothing is optimised away. */
export type Work = (index: number) => unknown

export interface MeasureOptions {
  /** How often each work is timed; the median counts. */
  readonly runs: number
  /** How long one timing lasts, about, in milliseconds. */
  readonly runMs: number
}

/** What the works return ends here: a result that somebody might read has to be computed. */
export const sink: { last: unknown } = { last: undefined }

/**
 * Times several works against each other, taking turns, so that a slow moment of the machine hits all alike.
 * @returns nanoseconds for one call of each work, the median of the runs
 */
export function measure(works: readonly Work[], options: MeasureOptions): number[] {
  const counts = works.map((work) => calibrate(work, options.runMs))
  const samples: number[][] = works.map(() => [])
  for (let run = 0; run < options.runs; run++) {
    works.forEach((work, index) => {
      samples[index]?.push(time(work, counts[index] ?? 1))
    })
  }
  return samples.map(median)
}

/** Warms the work up and finds how many calls last about a run. */
function calibrate(work: Work, runMs: number): number {
  let count = 1024
  for (;;) {
    const elapsedMs = (time(work, count) * count) / 1e6
    if (elapsedMs >= runMs / 4) return Math.max(1024, Math.round((count * runMs) / elapsedMs))
    count *= 2
  }
}

function time(work: Work, count: number): number {
  const start = process.hrtime.bigint()
  let last: unknown
  for (let index = 0; index < count; index++) last = work(index)
  const elapsedNs = Number(process.hrtime.bigint() - start)
  sink.last = last
  return elapsedNs / count
}
