import { AMOUNT_LIMIT, formatDecimal } from '@florin/money'
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
  return accounts.flatMap(({ address, asset, exponent, debits, credits }) => {
    const net = debits - credits
    const sides =
      net < 0n ? { debit: address, credit: retainedEarnings } : { debit: retainedEarnings, credit: address }
    return postable(net < 0n ? -net : net).map((amount) => ({
      ...sides,
      amount: formatDecimal(amount, exponent),
      asset,
    }))
  })
}

/** An amount in pieces that a posting can carry: what adds up on an account may be more than one posting can move. */
function postable(amount: bigint): bigint[] {
  const pieces: bigint[] = []
  let left = amount
  for (; left >= AMOUNT_LIMIT; left -= AMOUNT_LIMIT - 1n) pieces.push(AMOUNT_LIMIT - 1n)
  return [...pieces, left]
}

/** The totals as they are after the closing of these accounts; the ledger is not asked again while it is locked. */
export function totalsAfterClosing(
  before: readonly ClosingTotals[],
  closed: readonly ClosingTotals[],
  retainedEarnings: string,
): ClosingTotals[] {
  const totals = new Map(before.map((account) => [placeOf(account), account]))
  for (const account of closed) {
    const { asset, exponent, debits, credits } = account
    const [debit, credit] = debits < credits ? [credits - debits, 0n] : [0n, debits - credits]
    const fresh = {
      address: retainedEarnings,
      asset,
      exponent,
      type: 'equity' as const,
      debits: 0n,
      credits: 0n,
    }
    const retained = totals.get(placeOf(fresh)) ?? fresh
    totals.set(placeOf(account), { ...account, debits: debits + debit, credits: credits + credit })
    totals.set(placeOf(fresh), {
      ...retained,
      debits: retained.debits + credit,
      credits: retained.credits + debit,
    })
  }
  return [...totals.values()]
}

function placeOf({ address, asset }: ClosingTotals): string {
  return `${address}\u0000${asset}`
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
