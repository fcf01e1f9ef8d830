import { type Db, Refusal } from '@florin/kernel'
import { parseDecimal } from '@florin/money'
import { accountKey, Book, type BookAccount, bookableAccount } from '../domain/book.ts'
import { type Chart, matchTemplate } from '../domain/chart.ts'
import type { Instruction, Original, Surroundings } from '../domain/instruction.ts'
import type { Calendar } from '../domain/periods.ts'
import { loadAccounts, loadAccountsById, type NewAccount } from '../store/accounts.ts'
import { findExponents } from '../store/assets.ts'
import { type LedgerHead, nextAccountId } from '../store/head.ts'
import { bookHold, type HoldRow, loadExpired, loadHolds } from '../store/holds.ts'
import { loadOriginals } from '../store/originals.ts'
import { policiesOf } from '../store/policies.ts'

export interface Place {
  readonly address: string
  readonly asset: string
}

/**
 * Keys of accounts, each made once: they are looked up several times for every posting, and a text that was just put
 * together must be hashed anew each time.
 */
class Keys {
  readonly #byAsset = new Map<string, Map<string, string>>()

  has(address: string, asset: string): boolean {
    return this.#byAsset.get(asset)?.has(address) === true
  }

  of(address: string, asset: string): string {
    let keys = this.#byAsset.get(asset)
    if (keys === undefined) {
      keys = new Map()
      this.#byAsset.set(asset, keys)
    }
    let key = keys.get(address)
    if (key === undefined) {
      key = accountKey(address, asset)
      keys.set(address, key)
    }
    return key
  }
}

/** Everything that a batch of instructions can touch, loaded with a fixed number of statements. */
export class Loaded implements Surroundings {
  readonly book = new Book()
  readonly expired: readonly string[]
  readonly bookedAt: number
  readonly calendar: Calendar
  readonly #ledger: LedgerHead
  readonly #exponents: ReadonlyMap<string, number>
  readonly #originals: Map<string, Original>
  readonly #openable = new Map<string, NewAccount>()
  readonly #chart: Chart | undefined
  readonly #keys: Keys

  private constructor(parts: {
    ledger: LedgerHead
    exponents: ReadonlyMap<string, number>
    originals: Map<string, Original>
    chart: Chart | undefined
    calendar: Calendar
    accounts: readonly BookAccount[]
    holds: readonly HoldRow[]
    expired: readonly string[]
    keys: Keys
  }) {
    this.#keys = parts.keys
    this.#exponents = parts.exponents
    this.#originals = parts.originals
    this.#chart = parts.chart
    this.calendar = parts.calendar
    this.expired = parts.expired
    this.bookedAt = parts.ledger.bookedAt
    this.#ledger = parts.ledger
    const byId = new Map(parts.accounts.map((account) => [account.id, account]))
    for (const account of parts.accounts) this.book.addAccount(account)
    for (const hold of parts.holds) this.book.addHold(bookHold(hold, byId))
  }

  static async load(
    db: Db,
    ledger: LedgerHead,
    instructions: readonly Instruction[],
    alsoPlaces: readonly Place[] = [],
  ): Promise<Loaded> {
    const named = await loadHolds(db, ledger.id, holdsOf(instructions))
    const { originals, accounts: originalAccounts } = await loadOriginals(
      db,
      ledger.id,
      transactionsOf(instructions),
    )
    const places = [...placesOf(instructions, await assetsOfHolds(db, named)), ...alsoPlaces]
    const accounts = new Map<bigint, BookAccount>()
    const keep = (found: readonly BookAccount[]): void => {
      for (const account of found) accounts.set(account.id, account)
    }
    keep(originalAccounts)
    keep(await loadAccounts(db, ledger.id, places))
    keep(await loadMissing(db, accounts, named))
    // Only accounts that something is held on can have an expired hold.
    const holding = [...accounts.values()]
      .filter((a) => a.pendingDebits > 0n || a.pendingCredits > 0n)
      .map((a) => a.id)
    const expired = await loadExpired(db, holding, ledger.bookedAt)
    keep(await loadMissing(db, accounts, expired))
    const known = new Keys()
    for (const { address, asset } of accounts.values()) known.of(address, asset)
    const missing = places.filter((place) => !known.has(place.address, place.asset))
    const assets = new Set(places.map((place) => place.asset))
    for (const account of accounts.values()) assets.add(account.asset)
    const { chart, calendar } = await policiesOf(db, ledger)
    const loaded = new Loaded({
      ledger,
      exponents: await findExponents(db, assets),
      keys: known,
      originals,
      chart,
      calendar,
      accounts: [...accounts.values()],
      holds: [...new Map([...named, ...expired].map((row) => [row.id, row])).values()],
      expired: expired.map((row) => row.id),
    })
    loaded.#prepareOpening(missing)
    return loaded
  }

  resolve(address: string, asset: string): string {
    const key = this.#keys.of(address, asset)
    if (this.book.account(key) !== undefined) return key
    this.exponent(asset)
    const fresh = this.#openable.get(key)
    if (fresh === undefined) throw this.#whyNot(address, asset)
    this.book.addAccount(bookableAccount({ ...fresh, id: nextAccountId(this.#ledger) }))
    return key
  }

  exponent(asset: string): number {
    const exponent = this.#exponents.get(asset)
    if (exponent === undefined)
      throw new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
    return exponent
  }

  original(id: string): Original {
    const original = this.#originals.get(id)
    if (original === undefined) {
      throw new Refusal('transaction_not_found', `There is no transaction ${id} in this ledger`, {
        transaction: id,
      })
    }
    return original
  }

  /** Lets later instructions of the batch see what an earlier one did to a transaction. */
  amend(id: string, change: Partial<Original>): void {
    const original = this.#originals.get(id)
    if (original !== undefined) this.#originals.set(id, { ...original, ...change })
  }

  /** The accounts that instructions opened, of those that they touched. */
  opened(touched: readonly BookAccount[]): (NewAccount & { readonly id: bigint })[] {
    return touched.flatMap((account) => {
      const fresh = this.#openable.get(accountKey(account.address, account.asset))
      return fresh === undefined ? [] : [{ ...fresh, id: account.id }]
    })
  }

  #prepareOpening(missing: readonly Place[]): void {
    for (const { address, asset } of missing) {
      const fresh = this.#newAccount(address, asset)
      if (fresh !== undefined) this.#openable.set(accountKey(address, asset), fresh)
    }
  }

  #newAccount(address: string, asset: string): NewAccount | undefined {
    const exponent = this.#exponents.get(asset)
    const chart = this.#chart
    if (exponent === undefined || chart === undefined) return undefined
    const template = matchTemplate(chart, address)
    if (template?.open_on_first_use !== true) return undefined
    if (template.assets !== undefined && !template.assets.includes(asset)) return undefined
    const overdraftLimit = overdraftLimitOf(template.overdraft, asset, exponent)
    return { address, asset, exponent, type: template.type, overdraftLimit, chartVersion: chart.version }
  }

  #whyNot(address: string, asset: string): Refusal {
    if (this.#chart === undefined)
      return new Refusal('chart_missing', 'The ledger has no chart of accounts', {})
    return whyNotOpened(this.#chart, address, asset)
  }
}

/** Minor units that available may go below zero under the template's policy; undefined: without limit. */
export function overdraftLimitOf(
  policy: 'forbidden' | 'allowed' | { readonly limits: Readonly<Record<string, string>> },
  asset: string,
  exponent: number,
): bigint | undefined {
  if (policy === 'allowed') return undefined
  const limit = policy === 'forbidden' ? undefined : policy.limits[asset]
  return limit === undefined ? 0n : parseDecimal(limit, exponent)
}

/** Why no account of this address and asset comes into being by itself. */
export function whyNotOpened(chart: Chart, address: string, asset: string): Refusal {
  const template = matchTemplate(chart, address)
  if (template === undefined) {
    return new Refusal(
      'address_not_in_chart',
      `"${address}" fits no template of the chart, version ${chart.version}`,
      { address },
    )
  }
  if (template.assets !== undefined && !template.assets.includes(asset)) {
    return new Refusal('asset_not_allowed', `"${template.address}" does not allow ${asset}`, {
      address,
      asset,
      allowed: template.assets,
    })
  }
  return new Refusal('account_not_found', `There is no account ${address} ${asset}`, { address, asset })
}

function holdsOf(instructions: readonly Instruction[]): string[] {
  return instructions.flatMap((i) => ('hold' in i ? [i.hold] : []))
}

function transactionsOf(instructions: readonly Instruction[]): string[] {
  return instructions.flatMap((i) =>
    i.kind === 'reversal' || i.kind === 'correction' ? [i.transaction] : [],
  )
}

/** Every address and asset that the instructions name, once. */
function placesOf(instructions: readonly Instruction[], assetOfHold: ReadonlyMap<string, string>): Place[] {
  const places: Place[] = []
  const seen = new Keys()
  const add = (address: string | undefined, asset: string | undefined): void => {
    if (address === undefined || asset === undefined || seen.has(address, asset)) return
    seen.of(address, asset)
    places.push({ address, asset })
  }
  for (const i of instructions) {
    if (i.kind === 'hold') {
      add(i.debit, i.asset)
      add(i.credit, i.asset)
    } else if (i.kind === 'settlement') {
      add(i.debit, assetOfHold.get(i.hold))
      add(i.credit, assetOfHold.get(i.hold))
    } else if (i.kind === 'transaction' || i.kind === 'correction' || i.kind === 'closing') {
      for (const posting of i.postings ?? []) {
        add(posting.debit, posting.asset)
        add(posting.credit, posting.asset)
      }
      for (const line of i.lines ?? []) add(line.account, line.asset)
      if (i.kind === 'transaction')
        for (const condition of i.conditions) add(condition.account, condition.asset)
    }
  }
  return places
}

async function assetsOfHolds(db: Db, holds: readonly HoldRow[]): Promise<Map<string, string>> {
  const accounts = await loadAccountsById(db, [...new Set(holds.map((hold) => hold.debit_account))])
  const assets = new Map(accounts.map((account) => [account.id, account.asset]))
  return new Map(
    holds.flatMap((hold) => {
      const asset = assets.get(hold.debit_account)
      return asset === undefined ? [] : [[hold.id, asset] as const]
    }),
  )
}

/** The accounts of these holds that are not loaded yet. */
async function loadMissing(
  db: Db,
  accounts: ReadonlyMap<bigint, BookAccount>,
  holds: readonly HoldRow[],
): Promise<BookAccount[]> {
  const ids = new Set(
    holds.flatMap((hold) => [hold.debit_account, hold.credit_account]).filter((id) => !accounts.has(id)),
  )
  return loadAccountsById(db, [...ids])
}
