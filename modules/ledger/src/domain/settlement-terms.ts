import type { BusinessCalendar } from './business-days.ts'

/** What is booked under `prefix` settles within so many business days. */
export interface SettlementTerms {
  readonly version: number
  readonly prefix: string
  /** Undefined: every asset that has no terms of its own under the prefix. */
  readonly asset: string | undefined
  readonly businessDays: number
}

/** What a ledger's postings are due by. Present as soon as there ever were terms. */
export interface SettlementPolicy {
  readonly calendar: BusinessCalendar
  readonly terms: readonly SettlementTerms[]
}

/** The terms of an account: those of the longest prefix, and there those of the asset itself before those of any. */
export function termsOf(
  terms: readonly SettlementTerms[],
  address: string,
  asset: string,
): SettlementTerms | undefined {
  let best: SettlementTerms | undefined
  for (const one of terms) {
    if (one.asset !== undefined && one.asset !== asset) continue
    if (address !== one.prefix && !address.startsWith(`${one.prefix}:`)) continue
    const longer = best === undefined ? 1 : one.prefix.length - best.prefix.length
    if (longer > 0 || (longer === 0 && one.asset !== undefined)) best = one
  }
  return best
}
