import type { JournalFormat } from '../model.ts'

export interface LargeJournal {
  readonly format: JournalFormat
  readonly transactions: number
  /** The same seed gives the same text. */
  readonly seed: number
  /** Accounts beside the bank's; 500 unless given. */
  readonly accounts?: number
  readonly firstDay?: string
  /** Transactions a day; 400 unless given. */
  readonly perDay?: number
}

const dayMs = 24 * 60 * 60 * 1_000

/** A journal of a shop as a machine would write it, piece by piece: days in order, assertions now and then. */
export function* largeJournal(wanted: LargeJournal): Generator<string> {
  const { format, transactions, seed, accounts = 500, perDay = 400 } = wanted
  const random = numbers(seed)
  const bank = 'Assets:Bank:Main'
  const names = Array.from({ length: accounts }, (_, i) => accountName(i))
  const held = new Map<string, bigint>()
  const first = Date.parse(`${wanted.firstDay ?? '2020-01-01'}T00:00:00Z`)
  const day = (n: number): string => new Date(first + n * dayMs).toISOString().slice(0, 10)
  yield header(format, [bank, ...names], day(0))
  let piece = ''
  for (let i = 0; i < transactions; i++) {
    const date = day(Math.floor(i / perDay))
    const name = names[random(names.length)] ?? bank
    const cents = BigInt(1 + random(1_000_000))
    // Now and then the very same sale twice, and once in a while a sale with a fee.
    const fee = random(10) === 0 ? cents / 50n : 0n
    held.set(bank, (held.get(bank) ?? 0n) + cents)
    held.set(name, (held.get(name) ?? 0n) - cents + fee)
    if (fee > 0n) held.set(feeAccount, (held.get(feeAccount) ?? 0n) - fee)
    const text = entry(format, date, `Sale ${random(5_000)}`, bank, name, cents, fee)
    piece += random(200) === 0 ? twice(text, held, bank, name, cents, fee) : text
    const isDayEnd = (i + 1) % perDay === 0
    if (isDayEnd && i + 1 < transactions)
      piece += assertion(format, day(Math.floor((i + 1) / perDay)), bank, held.get(bank) ?? 0n)
    if (piece.length > 64 * 1024) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

const feeAccount = 'Income:Fees'

/** The same entry a second time: no mistake, a second sale. */
function twice(
  text: string,
  held: Map<string, bigint>,
  bank: string,
  name: string,
  cents: bigint,
  fee: bigint,
): string {
  held.set(bank, (held.get(bank) ?? 0n) + cents)
  held.set(name, (held.get(name) ?? 0n) - cents + fee)
  if (fee > 0n) held.set(feeAccount, (held.get(feeAccount) ?? 0n) - fee)
  return text + text
}

function accountName(i: number): string {
  return `${['Income:Sales', 'Liabilities:Customers', 'Equity:Owners'][i % 3]}:N${i}`
}

function header(format: JournalFormat, names: readonly string[], date: string): string {
  const all = [...names, feeAccount]
  return format === 'beancount'
    ? `${all.map((name) => `${date} open ${name}\n`).join('')}\n`
    : `${all.map((name) => `account ${name}\n`).join('')}\n`
}

function entry(
  format: JournalFormat,
  date: string,
  text: string,
  bank: string,
  name: string,
  cents: bigint,
  fee: bigint,
): string {
  const head = format === 'beancount' ? `${date} * "Shop" "${text}"` : `${date} * ${text}`
  const lines = [
    `  ${bank}  ${amount(cents)} EUR`,
    `  ${name}  ${amount(fee - cents)} EUR`,
    ...(fee > 0n ? [`  ${feeAccount}`] : []),
  ]
  return `${head}\n${lines.join('\n')}\n\n`
}

function assertion(format: JournalFormat, date: string, account: string, cents: bigint): string {
  return format === 'beancount'
    ? `${date} balance ${account}  ${amount(cents)} EUR\n\n`
    : `${date} * Check\n  ${account}  0.00 EUR = ${amount(cents)} EUR\n\n`
}

function amount(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
