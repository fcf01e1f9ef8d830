/** The five kinds of accounts; they give the normal side. */
export const accountTypes = ['asset', 'liability', 'equity', 'revenue', 'expense'] as const
export type AccountType = (typeof accountTypes)[number]

export type FreezeState = 'no' | 'debits' | 'credits' | 'both'
export const freezeStates = ['no', 'debits', 'credits', 'both'] as const

/** Assets and expenses grow on the debit side, the others on the credit side. */
export function normalSide(type: AccountType): 'debit' | 'credit' {
  return type === 'asset' || type === 'expense' ? 'debit' : 'credit'
}

/** The counters of one account, in minor units of its asset. All of them only grow, except the pending ones. */
export interface Counters {
  readonly postedDebits: bigint
  readonly postedCredits: bigint
  readonly pendingDebits: bigint
  readonly pendingCredits: bigint
}

export interface Standing {
  /** Posted balance on the account's normal side; negative when overdrawn. */
  readonly total: bigint
  /** Pending outflow: what holds keep for themselves. */
  readonly reserved: bigint
  /** total − reserved: what may be spent. */
  readonly available: bigint
}

/** The three balances that the counters come to. */
export function standing(type: AccountType, counters: Counters): Standing {
  const debitNormal = normalSide(type) === 'debit'
  const { postedDebits, postedCredits } = counters
  const total = debitNormal ? postedDebits - postedCredits : postedCredits - postedDebits
  const reserved = debitNormal ? counters.pendingCredits : counters.pendingDebits
  return { total, reserved, available: total - reserved }
}

/** The available balance alone. */
export function availableOf(type: AccountType, counters: Counters): bigint {
  const { postedDebits, postedCredits, pendingDebits, pendingCredits } = counters
  return normalSide(type) === 'debit'
    ? postedDebits - postedCredits - pendingCredits
    : postedCredits - postedDebits - pendingDebits
}
