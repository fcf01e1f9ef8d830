import { hash } from 'node:crypto'
import { canonicalJson } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import type { ClosingTotals } from '../domain/closing.ts'
import type { Span } from '../domain/periods.ts'

/** A trial balance as of a period's last instant, as the journal told it up to record `seq`. */
export interface BalanceAt {
  readonly seq: bigint
  readonly accounts: readonly ClosingTotals[]
}

/** What a closing reported: before and after its own entries. */
export interface ClosingBalance {
  readonly ledger: string
  readonly period: Span & { readonly name: string }
  readonly before: BalanceAt
  readonly after: BalanceAt
}

/**
 * The text that is stored and hashed: canonical JSON (RFC 8785). Accounts by address and asset, those that nothing was
 * posted to left out; debits and credits since the beginning, as decimal strings.
 */
export function closingText({ ledger, period, before, after }: ClosingBalance): string {
  return canonicalJson({
    ledger,
    period: { name: period.name, first_day: period.firstDay, last_day: period.lastDay },
    before: shown(before),
    after: shown(after),
  })
}

/** SHA-256 of the text in UTF-8, in hexadecimal digits. */
export function closingHash(text: string): string {
  return hash('sha256', text, 'hex')
}

function shown({ seq, accounts }: BalanceAt) {
  const posted = accounts.filter(({ debits, credits }) => debits !== 0n || credits !== 0n)
  return {
    seq: String(seq),
    accounts: posted.toSorted(byPlace).map(({ address, asset, type, exponent, debits, credits }) => ({
      address,
      asset,
      type,
      debits: formatDecimal(debits, exponent),
      credits: formatDecimal(credits, exponent),
    })),
  }
}

/** By UTF-16 code units: the same wherever it is computed. */
function byPlace(a: ClosingTotals, b: ClosingTotals): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1
  if (a.asset === b.asset) return 0
  return a.asset < b.asset ? -1 : 1
}
