import type { AccountType } from './model.ts'

/** The type a caller's prefix map gives an account: the longest matching prefix wins. */
export function accountTypeByPrefix(
  types: Readonly<Record<string, AccountType>> | undefined,
  account: string,
): AccountType | undefined {
  if (types === undefined) return undefined
  for (let end = account.length; end > 0; end = account.lastIndexOf(':', end - 1)) {
    const prefix = account.slice(0, end)
    if (Object.hasOwn(types, prefix)) return types[prefix]
  }
  return undefined
}
