import { formatDecimal } from '@florin/money'
import type { AccountType } from './account.ts'
import type { RequestedPosting } from './instruction.ts'

/** What was posted to an account up to some point, in minor units. */
export interface ClosingTotals {
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  readonly debits: bigint
  readonly credits: bigint
}

/** The accounts that a closing brings to zero: revenue and expense that something is left on. */
export function toBeClosed<T extends ClosingTotals>(totals: readonly T[]): T[] {
  return totals.filter(
    ({ type, debits, credits }) => (type === 'revenue' || type === 'expense') && debits !== credits,
  )
}

/** The postings that move what is left on these accounts to retained earnings, asset by asset. */
export function closingPostings(
  accounts: readonly ClosingTotals[],
  retainedEarnings: string,
): RequestedPosting[] {
  return accounts.map(({ address, asset, exponent, debits, credits }) => {
    const net = debits - credits
    const amount = formatDecimal(net < 0n ? -net : net, exponent)
    return net < 0n
      ? { debit: address, credit: retainedEarnings, amount, asset }
      : { debit: retainedEarnings, credit: address, amount, asset }
  })
}

/** The postings that undo others. */
export function undone(postings: readonly RequestedPosting[]): RequestedPosting[] {
  return postings.map(({ debit, credit, ...rest }) => ({ debit: credit, credit: debit, ...rest }))
}

/** In parts of at most `size`. */
export function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size))
  return parts
}
