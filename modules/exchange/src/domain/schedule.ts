import { instantOf, isZone, localDay } from './local-time.ts'
import type { PhaseName } from './phase-names.ts'

/** What happens at a time of each business day. */
export interface ScheduleStep {
  /** Local time, `09:00` or `09:00:30`. */
  readonly at: string
  readonly phase: PhaseName
  /** After the phase has changed, day orders go and the day's counters begin again. */
  readonly end_of_day: boolean
}

export interface Schedule {
  /** Of the IANA's list, such as `Europe/Berlin`. */
  readonly zone: string
  /** In the order of the day. */
  readonly steps: readonly ScheduleStep[]
}

/** What is wrong with a schedule, in one sentence; undefined: nothing. */
export function scheduleFault({ zone, steps }: Schedule): string | undefined {
  if (!isZone(zone)) return `There is no time zone "${zone}"`
  for (const [i, { at }] of steps.entries()) {
    const before = steps[i - 1]
    if (before !== undefined && full(before.at) >= full(at))
      return `The step at ${at} comes after one at ${before.at}`
  }
  if (steps.filter((step) => step.end_of_day).length > 1) return 'A day ends once'
  return undefined
}

export interface DueStep extends ScheduleStep {
  /** Epoch milliseconds. */
  readonly instant: number
}

/** How far back steps are looked for that nobody carried out. */
const longestGapMs = 14 * 86_400_000
const dayMs = 86_400_000

/**
 * The steps after one instant up to another (epoch milliseconds), in order. Of steps further back than two weeks none is
 * left to do: later ones have made up for them.
 */
export function dueSteps(
  schedule: Schedule,
  isBusinessDay: (day: string) => boolean,
  after: number,
  upTo: number,
): DueStep[] {
  const from = Math.max(after, upTo - longestGapMs)
  const days = new Set<string>()
  for (let t = from - dayMs; t <= upTo + dayMs; t += dayMs / 2) days.add(localDay(schedule.zone, t))
  return [...days]
    .filter((day) => isBusinessDay(day))
    .flatMap((day) =>
      schedule.steps.map((step) => ({ ...step, instant: instantOf(schedule.zone, day, step.at) })),
    )
    .filter(({ instant }) => instant > from && instant <= upTo)
    .sort((a, b) => a.instant - b.instant)
}

export type ScheduledAction = { readonly phase: PhaseName } | { readonly endOfDay: true }

/**
 * What carries out these steps now. Of phases that were missed only the last one counts: nobody could enter anything in
 * the others. A day that ended meanwhile still ends.
 */
export function actionsOf(steps: readonly DueStep[]): ScheduledAction[] {
  const last = steps.at(-1)
  if (last === undefined) return []
  const ended = steps.slice(0, -1).some((step) => step.end_of_day)
  return [
    ...(ended ? [{ endOfDay: true } as const] : []),
    { phase: last.phase },
    ...(last.end_of_day ? [{ endOfDay: true } as const] : []),
  ]
}

function full(time: string): string {
  return time.length === 5 ? `${time}:00` : time
}
