import { MISSING, type PartialAmount, type RawPosting, type RawTransaction } from './ast.ts'
import type { Inventory } from './inventory.ts'

type Fail = (at: RawPosting, code: string, message: string) => void

/** undefined: the posting has no such part; MISSING: it has, but the text leaves the currency out. */
type Currency = string | undefined

interface Refer {
  readonly index: number
  units: Currency
  cost: Currency
  price: Currency
}

/** A posting whose currencies are all known; numbers may still be missing. */
export interface GroupPosting {
  readonly raw: RawPosting
  readonly units: PartialAmount & { readonly currency: string }
  readonly cost: RawPosting['cost']
  readonly price: PartialAmount | undefined
}

export interface Group {
  readonly currency: string
  readonly postings: GroupPosting[]
}

function bucket(refer: Refer): string | undefined {
  if (refer.cost !== undefined && refer.cost !== MISSING) return refer.cost
  if (refer.price !== undefined && refer.price !== MISSING) return refer.price
  if (refer.cost === undefined && refer.price === undefined && refer.units !== MISSING) return refer.units
  return undefined
}

/**
 * Groups the postings by the currency they balance in: cost before price before units. Currencies left out
 * come from the other postings where those agree, else from what the account holds.
 */
export function groupByCurrency(
  entry: RawTransaction,
  balances: ReadonlyMap<string, Inventory>,
  fail: Fail,
): Group[] {
  const groups = new Map<string, Refer[]>()
  const autos: Refer[] = []
  const unknown: Refer[] = []
  const first = new Map<string, number>()
  const put = (currency: string, refer: Refer) => {
    if (!first.has(currency)) first.set(currency, refer.index)
    const group = groups.get(currency)
    if (group === undefined) groups.set(currency, [refer])
    else group.push(refer)
  }

  entry.postings.forEach((posting, index) => {
    const refer: Refer = {
      index,
      units: posting.units?.currency,
      cost: posting.cost?.currency,
      price: posting.price?.currency,
    }
    if (refer.cost === MISSING && refer.price !== undefined && refer.price !== MISSING)
      refer.cost = refer.price
    if (refer.price === MISSING && refer.cost !== undefined && refer.cost !== MISSING)
      refer.price = refer.cost
    if (posting.units === undefined && refer.price === undefined) {
      autos.push(refer)
      return
    }
    const currency = bucket(refer)
    if (currency === undefined) unknown.push(refer)
    else put(currency, refer)
  })

  const lone = unknown[0]
  if (lone !== undefined && unknown.length === 1 && groups.size === 1) {
    const [other] = groups.keys()
    if (lone.price === undefined && lone.cost === undefined) lone.units = other
    else {
      if (lone.price === MISSING) lone.price = other
      if (lone.cost === MISSING) lone.cost = other
    }
    const currency = bucket(lone)
    if (currency !== undefined) {
      unknown.pop()
      put(currency, lone)
    }
  }
  for (const refer of unknown) {
    const posting = entry.postings[refer.index]
    if (posting === undefined) continue
    fromHoldings(refer, balances.get(posting.account))
    const currency = bucket(refer)
    if (currency !== undefined) put(currency, refer)
    else fail(posting, 'currency', `the currency of posting ${refer.index + 1} cannot be told`)
  }
  for (const refers of groups.values())
    for (const refer of refers)
      if (refer.units === MISSING) {
        const account = entry.postings[refer.index]?.account
        const held = account === undefined ? undefined : balances.get(account)?.onlyCurrency()
        if (held !== undefined) refer.units = held
      }

  const extra = autos[1] === undefined ? undefined : entry.postings[autos[autos.length - 1]?.index ?? 0]
  if (extra !== undefined) fail(extra, 'too_many_elided', 'only one posting may leave its amount out')
  const auto = autos[0]
  if (auto !== undefined)
    for (const currency of [...groups.keys()])
      put(currency, { index: auto.index, units: currency, cost: undefined, price: undefined })

  const sorted = [...groups].sort(([a], [b]) => (first.get(a) ?? 0) - (first.get(b) ?? 0))
  return sorted.map(([currency, refers]) => ({ currency, postings: complete(entry, refers, fail) }))
}

function fromHoldings(refer: Refer, held: Inventory | undefined): void {
  if (held === undefined) return
  if (refer.units === MISSING) refer.units = held.onlyCurrency() ?? MISSING
  if (refer.cost !== MISSING && refer.price !== MISSING) return
  const cost = held.onlyCostCurrency()
  if (cost === undefined) return
  if (refer.price === MISSING) refer.price = cost
  if (refer.cost === MISSING) refer.cost = cost
}

function complete(entry: RawTransaction, refers: Refer[], fail: Fail): GroupPosting[] {
  const out: GroupPosting[] = []
  for (const refer of refers.sort((a, b) => a.index - b.index)) {
    const raw = entry.postings[refer.index]
    if (raw === undefined) continue
    for (const [currency, what] of [
      [refer.units, 'units'],
      [refer.cost, 'cost'],
      [refer.price, 'price'],
    ])
      if (currency === MISSING) fail(raw, 'currency', `the currency of the ${what} cannot be told`)
    out.push({
      raw,
      units: { number: raw.units?.number ?? MISSING, currency: refer.units ?? MISSING },
      cost: raw.cost === undefined ? undefined : { ...raw.cost, currency: refer.cost ?? MISSING },
      price:
        raw.price === undefined ? undefined : { number: raw.price.number, currency: refer.price ?? MISSING },
    })
  }
  return out
}
