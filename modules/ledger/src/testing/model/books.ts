/**
 * The ledger as plain lists. Nothing is kept that could be counted: every balance is added up from all postings and
 * all changes of holds each time it is asked for. Slow, and hard to get wrong. A posting is kept as its two entries.
 */

export type AccountType = 'asset' | 'liability' | 'equity' | 'revenue' | 'expense'

export interface Template {
  readonly address: string
  readonly type: AccountType
  readonly assets?: readonly string[]
  readonly overdraft: 'forbidden' | 'allowed' | { readonly limits: Readonly<Record<string, string>> }
  readonly open_on_first_use: boolean
}

export interface Account {
  readonly address: string
  readonly asset: string
  readonly type: AccountType
  /** Minor units that available may go below zero; null: without limit. */
  limit: bigint | null
  frozen: string
  closed: boolean
}

/** One side of one account by an amount, in minor units. */
export interface Entry {
  readonly seq: bigint
  readonly record: string
  readonly account: Account
  readonly side: Side
  readonly amount: bigint
}

export type Side = 'debits' | 'credits'

export interface Hold {
  readonly id: string
  readonly debit: Account
  readonly credit: Account
  readonly amount: bigint
  readonly expiresAt: number | undefined
  readonly changes: { readonly seq: bigint; readonly delta: bigint }[]
  status: 'open' | 'settled' | 'released' | 'expired'
}

export interface BookRecord {
  readonly seq: bigint
  readonly id: string
  readonly kind: string
  readonly subject: string | undefined
  readonly bookedAt: number
  readonly refusal: string | undefined
}

export interface Books {
  readonly accounts: Account[]
  readonly entries: Entry[]
  readonly holds: Hold[]
  readonly records: BookRecord[]
  readonly events: { readonly type: string; readonly address: string; readonly asset: string }[]
  chart: readonly Template[] | undefined
  bookedAt: number
}

export function emptyBooks(): Books {
  return { accounts: [], entries: [], holds: [], records: [], events: [], chart: undefined, bookedAt: 0 }
}

export function nextSeq(books: Books): bigint {
  return BigInt(books.records.length + 1)
}

export function findAccount(books: Books, address: string, asset: string): Account | undefined {
  return books.accounts.find((account) => account.address === address && account.asset === asset)
}

export function remaining(hold: Hold): bigint {
  return sum(hold.changes.map((change) => change.delta))
}

/** What was posted for a hold so far. */
export function settled(books: Books, hold: Hold): bigint {
  const settlements = books.records.filter((r) => r.kind === 'settlement' && r.subject === hold.id)
  return sum(
    books.entries
      .filter((entry) => entry.side === 'debits' && settlements.some((s) => s.id === entry.record))
      .map((entry) => entry.amount),
  )
}

export interface Balance {
  readonly debits: bigint
  readonly credits: bigint
  readonly pendingDebits: bigint
  readonly pendingCredits: bigint
  readonly available: bigint
  /** The record that last changed anything of it; 0 if none did. */
  readonly version: bigint
}

export function balance(books: Books, account: Account): Balance {
  const entries = books.entries.filter((entry) => entry.account === account)
  const of = (side: Side): bigint => sum(entries.filter((e) => e.side === side).map((e) => e.amount))
  const debitHolds = books.holds.filter((h) => h.debit === account)
  const creditHolds = books.holds.filter((h) => h.credit === account)
  const debits = of('debits')
  const credits = of('credits')
  const pendingDebits = sum(debitHolds.map(remaining))
  const pendingCredits = sum(creditHolds.map(remaining))
  const debitNormal = account.type === 'asset' || account.type === 'expense'
  const seqs = [
    ...entries.map((entry) => entry.seq),
    ...[...debitHolds, ...creditHolds].flatMap((h) => h.changes.map((change) => change.seq)),
  ]
  return {
    debits,
    credits,
    pendingDebits,
    pendingCredits,
    available: debitNormal ? debits - credits - pendingCredits : credits - debits - pendingDebits,
    version: seqs.reduce((highest, seq) => (seq > highest ? seq : highest), 0n),
  }
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

/** Minor units of a decimal text, or why it is refused. */
export function minorUnits(text: string, decimals: number): bigint | string {
  const [whole = '', fraction = ''] = text.split('.')
  if (fraction.length > decimals) return 'amount_too_many_decimals'
  const minor = BigInt(whole + fraction.padEnd(decimals, '0'))
  return minor < 2n ** 256n ? minor : 'amount_out_of_range'
}

/** The decimal text of minor units. */
export function decimalText(minor: bigint, decimals: number): string {
  const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return `${minor < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`
}
