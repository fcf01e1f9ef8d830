import type { AccountType } from '../model.ts'
import type { ExportAccount } from './model.ts'

/** Original → name in the file. Injective: names that need no change come first, then others in order. */
function assign(
  originals: readonly string[],
  isVerbatim: (original: string) => boolean,
  propose: (original: string) => string,
  suffix: (name: string, n: number) => string,
): Map<string, string> {
  const names = new Map<string, string>()
  const used = new Set<string>()
  for (const original of originals)
    if (isVerbatim(original)) {
      names.set(original, original)
      used.add(original)
    }
  // Sorted, so that the same accounts get the same names whatever order they come in.
  for (const original of [...originals].sort()) {
    if (names.has(original)) continue
    const wanted = propose(original)
    let name = wanted
    for (let n = 2; used.has(name); n++) name = suffix(wanted, n)
    names.set(original, name)
    used.add(name)
  }
  return names
}

const ROOT: Readonly<Record<AccountType, string>> = {
  asset: 'Assets',
  liability: 'Liabilities',
  equity: 'Equity',
  revenue: 'Income',
  expense: 'Expenses',
}

const BEANCOUNT_ACCOUNT = /^(Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+$/

function component(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '')
  if (clean === '') return 'X'
  return clean.charAt(0).toUpperCase() + clean.slice(1)
}

/** `customers:42:wallet` of type liability becomes `Liabilities:Customers:42:Wallet`. */
export function beancountAccounts(accounts: readonly ExportAccount[]): Map<string, string> {
  const types = new Map(accounts.map(({ address, type }) => [address, type]))
  const rootOf = (address: string) => ROOT[types.get(address) ?? 'equity']
  return assign(
    accounts.map(({ address }) => address),
    (address) => BEANCOUNT_ACCOUNT.exec(address)?.[1] === rootOf(address),
    (address) => [rootOf(address), ...address.split(':').map(component)].join(':'),
    (name, n) => `${name}-${n}`,
  )
}

const BEANCOUNT_COMMODITY = /^[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]$/
const WORDS = new Set(['TRUE', 'FALSE', 'NULL'])
const LONGEST = 24

function shorten(name: string, room: number): string {
  const short = name.length <= room ? name : `${name.slice(0, room - 9)}-${name.slice(-8)}`
  return short.replace(/[._-]+$/, '')
}

/** `eip155:1/erc20:0xA0b8…eB48` becomes `EIP155-1-ERC20-…-3606EB48`, at most 24 characters. */
export function beancountCommodities(codes: readonly string[]): Map<string, string> {
  return assign(
    codes,
    (code) => BEANCOUNT_COMMODITY.test(code) && !WORDS.has(code),
    (code) => {
      const clean = code
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
      const lettered = /^[A-Z]/.test(clean) ? clean : `X${clean}`
      const name = shorten(lettered, LONGEST)
      return name.length < 2 || WORDS.has(name) ? `${name}X` : name
    },
    (name, n) => `${shorten(name, LONGEST - 1 - String(n).length)}-${n}`,
  )
}

const PLAIN_COMPONENT = /^[\p{L}\p{N}_.\-/&'+@#%]+(?: [\p{L}\p{N}_.\-/&'+@#%]+)*$/u

function isPlainAccount(address: string): boolean {
  return /^[\p{L}\p{N}]/u.test(address) && address.split(':').every((part) => PLAIN_COMPONENT.test(part))
}

/** hledger takes nearly any name; brackets, semicolons, double blanks and control characters are replaced. */
export function plainAccounts(accounts: readonly ExportAccount[]): Map<string, string> {
  return assign(
    accounts.map(({ address }) => address),
    isPlainAccount,
    (address) => {
      const parts = address
        .split(':')
        .map((part) => part.replace(/[^\p{L}\p{N}_.\-/&'+@#%]+/gu, ' ').trim() || 'x')
      const name = parts.join(':')
      return /^[\p{L}\p{N}]/u.test(name) ? name : `x${name}`
    },
    (name, n) => `${name} ${n}`,
  )
}

const PLAIN_COMMODITY = /^[\p{L}\p{N}_.\-/&'+@#%: ]+$/u

/** Quoted, hledger and ledger take nearly any commodity. */
export function plainCommodities(codes: readonly string[]): Map<string, string> {
  return assign(
    codes,
    (code) => PLAIN_COMMODITY.test(code) && code.trim() === code,
    (code) => code.replace(/[^\p{L}\p{N}_.\-/&'+@#%:]+/gu, ' ').trim() || 'x',
    (name, n) => `${name} ${n}`,
  )
}
