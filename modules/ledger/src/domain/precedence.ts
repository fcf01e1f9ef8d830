import { Refusal } from '@florin/kernel'

/** What speaks against an amount. */
export const amountRefusals = ['amount_too_many_decimals', 'amount_out_of_range', 'amount_zero'] as const

/** What speaks against opening or finding an account. */
export const placeRefusals = [
  'chart_missing',
  'address_not_in_chart',
  'asset_not_allowed',
  'account_not_found',
] as const

/** What speaks against posting between two accounts. */
export const postingRefusals = [
  'account_closed',
  'account_frozen',
  'same_account',
  'insufficient_funds',
  'limit_exceeded',
] as const

/** What speaks against a transaction. Where several apply, the first of the list is answered. */
export const bookingRefusals = [
  'asset_unknown',
  ...amountRefusals,
  'unbalanced',
  ...placeRefusals,
  'condition_failed',
  ...postingRefusals,
] as const

const ranks: ReadonlyMap<string, number> = new Map(bookingRefusals.map((code, rank) => [code, rank]))

/**
 * Judges many things and answers with the refusal that comes first in the precedence, so that the answer does not
 * depend on the order in which postings, lines and conditions were sent. Of equals the first one found is told.
 */
export class Verdict {
  #refusal: Refusal | undefined

  /** Judges each; the results are complete if `speak` does not throw. */
  each<T, R>(items: readonly T[], judge: (item: T) => R): R[] {
    const results: R[] = []
    for (const item of items) {
      try {
        results.push(judge(item))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        this.#note(error)
      }
    }
    return results
  }

  /** Throws the refusal, if there is one. */
  speak(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }

  #note(refusal: Refusal): void {
    if (this.#refusal === undefined || rankOf(refusal) < rankOf(this.#refusal)) this.#refusal = refusal
  }
}

function rankOf(refusal: Refusal): number {
  return ranks.get(refusal.code) ?? ranks.size
}

/** Judges each item and gives all results, or throws the refusal that comes first. */
export function judgeEach<T, R>(items: readonly T[], judge: (item: T) => R): R[] {
  const verdict = new Verdict()
  const results = verdict.each(items, judge)
  verdict.speak()
  return results
}
