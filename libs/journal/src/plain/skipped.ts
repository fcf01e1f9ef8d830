import type { Dialect } from './syntax.ts'

const BOTH: Readonly<Record<string, string>> = {
  P: 'market prices are not part of the books',
  N: 'it concerns market prices',
  payee: 'declared payees are not part of the books',
  tag: 'declared tags are not part of the books',
}

const LEDGER: Readonly<Record<string, string>> = {
  assert: 'value expressions are not evaluated',
  check: 'value expressions are not evaluated',
  define: 'value expressions are not evaluated',
  def: 'value expressions are not evaluated',
  I: 'it concerns market prices',
}

/** Why a directive may be left out without any balance changing; undefined where it may not. */
export function skipReason(word: string, dialect: Dialect): string | undefined {
  if (Object.hasOwn(BOTH, word)) return BOTH[word]
  return dialect === 'ledger' && Object.hasOwn(LEDGER, word) ? LEDGER[word] : undefined
}
