import { circuitBreaker, noPrice } from '@florin/orderbook'

/** How a market gets its marks. */
export interface MarkingPolicy {
  /** Where the price comes from; `operator`: from nowhere by itself. */
  readonly source: 'operator' | 'last_trade' | 'mid'
  /** At most one mark in so many milliseconds. */
  readonly interval_ms: number
}

/** What a market does about accounts whose margin does not suffice. */
export interface LiquidationPolicy {
  readonly enabled: boolean
  /** Seconds in which a margin call is to be met. */
  readonly call_s: number
  /** How far beyond the mark positions may be closed, as a price. */
  readonly slippage: string
  /** Milliseconds between two rounds of orders. */
  readonly interval_ms: number
}

export interface BreakerStep {
  readonly move_ppm: number
  /** `null`: for the rest of the day. */
  readonly halt_s: number | null
  /** Counts up to so many seconds after the day's trading began; `null`: at any time. */
  readonly within_s: number | null
}

export interface BreakerPolicy {
  /** From the smallest move to the largest; none: no circuit breaker. */
  readonly steps: readonly BreakerStep[]
  readonly rises: boolean
  /** Of the auction with which trading begins again. */
  readonly auction_s: number
}

/** What holds where nothing was set: nothing happens by itself. */
export const defaultPolicies = {
  marking: { source: 'operator', interval_ms: 1_000 } satisfies MarkingPolicy,
  liquidation: {
    enabled: false,
    call_s: 3_600,
    slippage: '0',
    interval_ms: 1_000,
  } satisfies LiquidationPolicy,
  breaker: { steps: [], rises: true, auction_s: 0 } satisfies BreakerPolicy,
} as const

export interface Policies {
  readonly marking: MarkingPolicy
  readonly liquidation: LiquidationPolicy
  readonly breaker: BreakerPolicy
}

export type PolicyKind = keyof Policies

/** A policy with its version (0: nothing was set) and the time from which on it holds, microseconds since 1970. */
export interface Version<P> {
  readonly version: number
  readonly policy: P
  readonly sinceUs: number
}

/** What is wrong with a breaker, in one sentence; undefined: nothing. */
export function breakerFault({ steps }: Pick<BreakerPolicy, 'steps'>): string | undefined {
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1]
    if (before === undefined) continue
    if (before.move_ppm >= step.move_ppm) return `The move of step ${i + 1} is not above that of step ${i}`
    if (before.halt_s === null) return `Step ${i} ends the day, so nothing comes after it`
  }
  return undefined
}

const second = 1_000_000

export function rulesOf({ steps, rises }: BreakerPolicy): circuitBreaker.CircuitBreakerRules {
  return {
    rises,
    steps: steps.map(({ move_ppm, halt_s, within_s }) => ({
      move: move_ppm,
      halt: halt_s === null ? ('day' as const) : halt_s * second,
      latest: within_s === null ? null : within_s * second,
    })),
  }
}

/** A market's day, as far as its breaker has to know. */
export interface BreakerDay {
  /** When trading began, microseconds since 1970; undefined: it has not. */
  readonly openingUs: number | undefined
  /** Steps that can't count again, by the policy of that version. */
  readonly used: number
  readonly version: number
}

/** A trade that reached a step. */
export interface Trip {
  readonly version: number
  /** From 1. */
  readonly step: number
  readonly price: number
  readonly reference: number
  readonly atUs: number
  /** `null`: for the rest of the day. */
  readonly untilUs: number | null
}

/**
 * Feeds a market's trades to its circuit breaker. Moves are measured from the market's reference price, and a step counts
 * once a day: from the first continuous trading to the end of the day. Each trade is judged by the policy of its time.
 */
export class BreakerWatch {
  readonly #versions: readonly (Version<BreakerPolicy> & { rules: circuitBreaker.CircuitBreakerRules })[]
  #day: BreakerDay
  #seen = { price: noPrice, reference: noPrice, version: 0 }

  constructor(versions: readonly Version<BreakerPolicy>[], day: BreakerDay) {
    this.#versions = versions.map((version) => ({ ...version, rules: rulesOf(version.policy) }))
    this.#day = day
  }

  get day(): BreakerDay {
    return this.#day
  }

  /** Continuous trading begins; counts once a day. */
  opened(timeUs: number): void {
    this.#day = { ...this.#day, openingUs: this.#day.openingUs ?? timeUs }
  }

  closed(): void {
    this.#day = { openingUs: undefined, used: 0, version: this.#day.version }
    this.#seen = { price: noPrice, reference: noPrice, version: 0 }
  }

  /** @param reference in ticks; without one above 0 nothing is measured */
  traded(price: number, reference: number, timeUs: number): Trip | undefined {
    const { openingUs } = this.#day
    const inForce = this.#versions.findLast(({ sinceUs }) => sinceUs <= timeUs)
    if (inForce === undefined || openingUs === undefined || reference === noPrice || reference <= 0)
      return undefined
    const { version, rules } = inForce
    const seen = this.#seen
    // The same as at the trade before, which was judged already.
    if (seen.price === price && seen.reference === reference && seen.version === version) return undefined
    this.#seen = { price, reference, version }
    if (this.#day.version !== version) this.#day = { openingUs, used: 0, version }
    const day = { reference: BigInt(reference), opening: openingUs, used: this.#day.used }
    const watched = circuitBreaker.watch(rules, day, BigInt(price), timeUs)
    if (watched.decision.kind === 'none') return undefined
    this.#day = { openingUs, used: watched.day.used, version }
    const untilUs = watched.decision.kind === 'halt' ? watched.decision.until : null
    return { version, step: watched.decision.step + 1, price, reference, atUs: timeUs, untilUs }
  }
}
