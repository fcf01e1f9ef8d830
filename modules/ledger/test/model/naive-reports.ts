import type { World } from '@florin/kernel/testing'

/** One side of one posting, as a report sees it. Amounts in minor units. */
interface Entry {
  readonly seq: number
  readonly address: string
  readonly asset: string
  readonly type: string
  readonly debits: bigint
  readonly credits: bigint
  /** UTC day. */
  readonly day: string
  readonly kind: string
  /** The day of what it reverses or corrects. */
  readonly amends: string | undefined
}

export interface NaiveQuestion {
  readonly from: string
  readonly to: string
  readonly seq: number
  readonly restated: boolean
  readonly closings: boolean
}

const decimals: Readonly<Record<string, number>> = { EUR: 2, JPY: 0 }

export function minor(text: string, asset: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const amount = BigInt(whole + fraction.padEnd(decimals[asset] ?? 2, '0'))
  return text.startsWith('-') ? -amount : amount
}

export function decimal(amount: bigint, asset: string): string {
  const places = decimals[asset] ?? 2
  const digits = String(amount < 0n ? -amount : amount).padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return amount < 0n ? `-${text}` : text
}

/** Types by the first segment of the address. */
const types: Readonly<Record<string, string>> = {
  bank: 'asset',
  suspense: 'liability',
  revenue: 'revenue',
  expenses: 'expense',
  equity: 'equity',
}

/** Every entry of the ledger, read from the list of transactions. */
export async function readEntries(world: World, ledger: string): Promise<Entry[]> {
  const transactions = []
  for (let cursor: string | undefined; ; ) {
    const page = JSON.parse(
      JSON.stringify(
        await world.ask('ledger.transaction.list', { ledger, ...(cursor === undefined ? {} : { cursor }) }),
      ),
    )
    transactions.push(...page.items)
    if (page.next === null) break
    cursor = page.next
  }
  const days = new Map(transactions.map((one) => [one.id, one.value_time.slice(0, 10)]))
  return transactions.flatMap((one): Entry[] => {
    const amends = ['reversal', 'correction'].includes(one.kind) ? days.get(one.subject) : undefined
    const common = { seq: Number(one.seq), day: one.value_time.slice(0, 10), kind: one.kind, amends }
    return one.postings.flatMap((posting: Record<'debit' | 'credit' | 'amount' | 'asset', string>) => {
      const { asset } = posting
      const amount = minor(posting.amount, asset)
      const at = (address: string) => ({ address, asset, type: types[address.split(':')[0] ?? ''] ?? '?' })
      return [
        { ...common, ...at(posting.debit), debits: amount, credits: 0n },
        { ...common, ...at(posting.credit), debits: 0n, credits: amount },
      ]
    })
  })
}

export interface NaiveRow {
  readonly address: string
  readonly asset: string
  readonly type: string
  opening: bigint
  debits: bigint
  credits: bigint
  cleanUpDebits: bigint
  cleanUpCredits: bigint
}

/** By looking at every entry. `placeOf` says under which address an entry is added up. */
export function naiveTurnover(
  entries: readonly Entry[],
  { from, to, seq, restated, closings }: NaiveQuestion,
  placeOf: (entry: Entry) => string = (entry) => entry.address,
): NaiveRow[] {
  const rows = new Map<string, NaiveRow>()
  for (const entry of entries) {
    const day = restated ? (entry.amends ?? entry.day) : entry.day
    if (entry.seq > seq || day > to) continue
    const isIn = day >= from
    if (isIn && !closings && entry.kind === 'closing') continue
    const address = placeOf(entry)
    const { asset, type, debits, credits } = entry
    const row = rows.get(`${address} ${asset}`) ?? {
      address,
      asset,
      type,
      opening: 0n,
      debits: 0n,
      credits: 0n,
      cleanUpDebits: 0n,
      cleanUpCredits: 0n,
    }
    rows.set(`${address} ${asset}`, row)
    if (!isIn) row.opening += debits - credits
    else if (!restated && entry.amends !== undefined && entry.amends < from) {
      row.cleanUpDebits += debits
      row.cleanUpCredits += credits
    } else {
      row.debits += debits
      row.credits += credits
    }
  }
  return [...rows.values()].sort((a, b) => (`${a.address} ${a.asset}` < `${b.address} ${b.asset}` ? -1 : 1))
}

export function shownTurnover(row: NaiveRow) {
  const show = (amount: bigint) => decimal(amount, row.asset)
  const net = row.debits - row.credits + row.cleanUpDebits - row.cleanUpCredits
  return {
    opening: show(row.opening),
    debits: show(row.debits),
    credits: show(row.credits),
    clean_up_debits: show(row.cleanUpDebits),
    clean_up_credits: show(row.cleanUpCredits),
    closing: show(row.opening + net),
  }
}

/** Matches what came first with what came first, unit by unit in spirit: two queues. */
export function naiveAges(
  entries: readonly Entry[],
  address: string,
  asset: string,
  day: string,
  seq: number,
  ends: readonly number[],
): bigint[] {
  const own = entries
    .filter((e) => e.address === address && e.asset === asset && e.day <= day && e.seq <= seq)
    .sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
  const debits = own.filter((e) => e.debits > 0n).map((e) => ({ day: e.day, left: e.debits, sign: 1n }))
  const credits = own.filter((e) => e.credits > 0n).map((e) => ({ day: e.day, left: e.credits, sign: -1n }))
  for (const debit of debits) {
    for (const credit of credits) {
      const matched = debit.left < credit.left ? debit.left : credit.left
      debit.left -= matched
      credit.left -= matched
    }
  }
  const buckets = [...ends, 0].map(() => 0n)
  for (const { day: from, left, sign } of [...debits, ...credits]) {
    const age = (Date.parse(day) - Date.parse(from)) / 86_400_000
    const found = ends.findIndex((end) => age <= end)
    const at = found < 0 ? ends.length : found
    buckets[at] = (buckets[at] ?? 0n) + sign * left
  }
  return buckets
}
