/**
 * Halts on market-wide moves, as of NYSE Rule 7.12 (formerly 80B): an index falls a step below its last close, and trading
 * stops for a while or for the day. Pure: the levels of the index come from outside, and what to do about a decision is the
 * caller's business.
 */

/** A move of the index, and what follows. */
export interface CircuitBreakerStep {
  /** Millionths of the reference level; the move counts when it is reached. */
  readonly move: number
  /** Microseconds; `'day'` for the rest of it. */
  readonly halt: number | 'day'
  /** The step counts up to this time of the day, inclusive, in microseconds since the opening; `null`: at any time. */
  readonly latest: number | null
}

export interface CircuitBreakerRules {
  /** From the smallest move to the largest. */
  readonly steps: readonly CircuitBreakerStep[]
  /** Whether rises count as falls do. */
  readonly rises: boolean
}

/** The day so far. */
export interface CircuitBreakerDay {
  /** Level of the index from which moves are measured, such as its last close; above 0. */
  readonly reference: bigint
  /** Microseconds since 1970. */
  readonly opening: number
  /** Steps that can't count again: that many from the smallest on. */
  readonly used: number
}

export type CircuitBreakerDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'halt'; readonly step: number; readonly until: number }
  | { readonly kind: 'haltForDay'; readonly step: number }

const second = 1_000_000
const minute = 60 * second

/** 7 and 13 percent: 15 minutes, once a day each, up to 15:25 of a day from 9:30 to 16:00; 20 percent: the rest of the day. */
export const usEquities: CircuitBreakerRules = {
  steps: [
    { move: 70_000, halt: 15 * minute, latest: 355 * minute },
    { move: 130_000, halt: 15 * minute, latest: 355 * minute },
    { move: 200_000, halt: 'day', latest: null },
  ],
  rises: false,
}

/** @throws RangeError for a level that is not above 0 */
export function beginDay(reference: bigint, opening: number): CircuitBreakerDay {
  if (reference <= 0n) throw new RangeError('The reference level is above 0')
  return { reference, opening, used: 0 }
}

/**
 * What a new level of the index means. The largest step that it reaches counts, once a day; smaller ones are used up with it.
 *
 * @param level in the unit of the day's reference
 * @param time microseconds since 1970
 */
export function watch(
  rules: CircuitBreakerRules,
  day: CircuitBreakerDay,
  level: bigint,
  time: number,
): { readonly decision: CircuitBreakerDecision; readonly day: CircuitBreakerDay } {
  const at = rules.steps.findLastIndex(
    (step, index) => index >= day.used && counts(rules, step, day, level, time),
  )
  const step = rules.steps[at]
  if (step === undefined) return { decision: { kind: 'none' }, day }
  const decision: CircuitBreakerDecision =
    step.halt === 'day'
      ? { kind: 'haltForDay', step: at }
      : { kind: 'halt', step: at, until: time + step.halt }
  return { decision, day: { ...day, used: at + 1 } }
}

function counts(
  rules: CircuitBreakerRules,
  step: CircuitBreakerStep,
  day: CircuitBreakerDay,
  level: bigint,
  time: number,
): boolean {
  if (step.latest !== null && time - day.opening > step.latest) return false
  const fall = day.reference - level
  const move = rules.rises && fall < 0n ? -fall : fall
  return move * 1_000_000n >= day.reference * BigInt(step.move)
}
