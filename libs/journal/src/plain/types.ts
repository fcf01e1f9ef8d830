import type { AccountType } from '../model.ts'
import { accountTypeByPrefix } from '../types.ts'

const LETTERS: Readonly<Record<string, AccountType>> = {
  a: 'asset',
  asset: 'asset',
  l: 'liability',
  liability: 'liability',
  e: 'equity',
  equity: 'equity',
  r: 'revenue',
  revenue: 'revenue',
  x: 'expense',
  expense: 'expense',
  // Cash is an asset, conversion is equity.
  c: 'asset',
  cash: 'asset',
  v: 'equity',
  conversion: 'equity',
}

const ROOTS: readonly (readonly [RegExp, AccountType])[] = [
  [/^assets?(?::|$)/i, 'asset'],
  [/^(?:debts?|liabilit(?:y|ies))(?::|$)/i, 'liability'],
  [/^equity(?::|$)/i, 'equity'],
  [/^(?:income|revenues?)(?::|$)/i, 'revenue'],
  [/^expenses?(?::|$)/i, 'expense'],
]

/** Account types from the caller's map, `account` directives (subaccounts inherit) and known roots. */
export class AccountTypes {
  private readonly declared = new Map<string, AccountType>()
  private readonly map: Readonly<Record<string, AccountType>> | undefined

  constructor(map: Readonly<Record<string, AccountType>> | undefined) {
    this.map = map
  }

  /** False where `type` is none of hledger's account types. */
  declare(account: string, type: string): boolean {
    const key = type.toLowerCase()
    const known = Object.hasOwn(LETTERS, key) ? LETTERS[key] : undefined
    if (known === undefined) return false
    this.declared.set(account, known)
    return true
  }

  typeOf(account: string): AccountType | undefined {
    const mapped = accountTypeByPrefix(this.map, account)
    if (mapped !== undefined) return mapped
    for (let end = account.length; end > 0; end = account.lastIndexOf(':', end - 1)) {
      const type = this.declared.get(account.slice(0, end))
      if (type !== undefined) return type
    }
    return ROOTS.find(([pattern]) => pattern.test(account))?.[1]
  }
}
