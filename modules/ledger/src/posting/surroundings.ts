import { type Db, Refusal } from '@florin/kernel'
import { parseDecimal } from '@florin/money'
import { Book, type BookAccount, bookableAccount, type Move } from '../domain/book.ts'
import { type Chart, matchTemplate } from '../domain/chart.ts'
import type { ForwardInstruction, Instruction, Original, Surroundings } from '../domain/instruction.ts'
import { loadAccounts, loadAccountsById, type NewAccount } from '../store/accounts.ts'
import { findExponents } from '../store/assets.ts'
import { type ForwardState, loadForwards } from '../store/forwards.ts'
import { type LedgerHead, nextAccountId } from '../store/head.ts'
import { bookHold, type HoldRow, loadExpired, loadHolds } from '../store/holds.ts'
import type { KnownAccounts } from '../store/known-accounts.ts'
import { loadOriginals } from '../store/originals.ts'
import { type Policies, policiesOf } from '../store/policies.ts'
import { ForwardDesk } from './forward-desk.ts'
import { Watching } from './watching.ts'

export interface Place {
  readonly address: string
  readonly asset: string
}

/** Everything that a batch of instructions can touch, loaded with a fixed number of statements. */
export class Loaded implements Surroundings {
  readonly book = new Book()
  readonly forwards: ForwardDesk
  readonly expired: readonly string[]
  readonly bookedAt: number
  readonly policies: Policies
  readonly #ledger: LedgerHead
  readonly #exponents: ReadonlyMap<string, number>
  readonly #originals: Map<string, Original>
  readonly #openable = new Map<string, NewAccount>()
  /** Monitors, limits and safeguards, where there are any. */
  readonly watching: Watching | undefined
  /** Opened by the instruction under way, and by those that took effect. */
  #opening: OpenedAccount[] = []
  readonly #opened: OpenedAccount[] = []

  private constructor(parts: {
    ledger: LedgerHead
    exponents: ReadonlyMap<string, number>
    originals: Map<string, Original>
    policies: Policies
    missing: readonly Place[]
    holds: readonly HoldRow[]
    expired: readonly string[]
    watching: Watching | undefined
    forwards: readonly ForwardState[]
  }) {
    this.watching = parts.watching
    this.forwards = new ForwardDesk(parts.forwards)
    this.#exponents = parts.exponents
    this.#originals = parts.originals
    this.policies = parts.policies
    this.expired = parts.expired
    this.bookedAt = parts.ledger.bookedAt
    this.#ledger = parts.ledger
    for (const hold of parts.holds) this.book.addHold(bookHold(hold, (id) => parts.ledger.known.get(id)))
    this.#prepareOpening(parts.missing)
  }

  static async load(
    db: Db,
    ledger: LedgerHead,
    instructions: readonly Instruction[],
    alsoPlaces: readonly Place[] = [],
  ): Promise<Loaded> {
    const { known } = ledger
    const policies = await policiesOf(db, ledger)
    const named = await loadHolds(db, ledger.id, holdsOf(instructions))
    await knowAll(db, known, accountsOf(named))
    const originals = await loadOriginals(db, ledger.id, transactionsOf(instructions), (ids) =>
      knowAll(db, known, ids),
    )
    const needs = new Needs(known)
    for (const { address, asset } of alsoPlaces) needs.add(address, asset)
    const assets = new Map(named.map((row) => [row.id, known.get(row.debit_account)?.asset]))
    for (const instruction of instructions) needs.addAll(instruction, (hold) => assets.get(hold))
    for (const row of named) needs.addHold(row)
    for (const { moves } of originals.values()) for (const move of moves) needs.addMove(move)
    const missing = needs.missing()
    for (const account of await loadAccounts(db, ledger.id, missing)) {
      known.add(account)
      needs.add(account.address, account.asset)
    }
    const expired = await loadExpired(db, needs.holding(), ledger.bookedAt)
    await knowAll(db, known, accountsOf(expired))
    for (const row of expired) needs.addHold(row)
    return new Loaded({
      ledger,
      exponents: await findExponents(db, needs.assets),
      originals,
      policies,
      watching: await Watching.load(db, ledger, policies.watches, needs.accounts),
      missing: missing.filter(({ address, asset }) => known.find(address, asset) === undefined),
      holds: [...new Map([...named, ...expired].map((row) => [row.id, row])).values()],
      expired: expired.map((row) => row.id),
      forwards: await loadForwards(db, ledger.id, forwardsOf(instructions, originals)),
    })
  }

  find(address: string, asset: string): BookAccount | undefined {
    return this.#ledger.known.find(address, asset)
  }

  resolve(address: string, asset: string): BookAccount {
    const known = this.find(address, asset)
    if (known !== undefined) return known
    this.exponent(asset)
    const fresh = this.#openable.get(placeKey(address, asset))
    if (fresh === undefined) throw this.#whyNot(address, asset)
    const account = bookableAccount({ ...fresh, id: nextAccountId(this.#ledger) })
    this.#ledger.known.add(account)
    this.#opening.push({ ...fresh, id: account.id, account })
    return account
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
      const forward = this.forwards.whyNotBooked(id)
      if (forward !== undefined) throw forward
      throw new Refusal('transaction_not_found', `There is no transaction ${id} in this ledger`, {
        transaction: id,
      })
    }
    return original
  }

  keepForward(id: string, forward: ForwardInstruction, moves: readonly Move[]): void {
    this.forwards.keep(id, this.#ledger.seq + 1n, forward, moves)
    this.dropOpened()
  }

  cancelForward(forward: string, by: string): void {
    this.forwards.cancel(forward, { id: by, seq: this.#ledger.seq + 1n })
  }

  /** Lets later instructions of the batch see what an earlier one did to a transaction. */
  amend(id: string, change: Partial<Original>): void {
    const original = this.#originals.get(id)
    if (original !== undefined) this.#originals.set(id, { ...original, ...change })
  }

  /** The instruction under way took effect: what it opened stays open. */
  keepOpened(): void {
    if (this.#opening.length === 0) return
    this.#opened.push(...this.#opening)
    this.#opening = []
  }

  /** The instruction under way was refused: what it would have opened is not there. */
  dropOpened(): void {
    for (const { account } of this.#opening) {
      this.#ledger.known.remove(account)
      this.#ledger.accounts -= 1n
    }
    this.#opening = []
  }

  /** The accounts that instructions opened. */
  opened(): readonly OpenedAccount[] {
    return this.#opened
  }

  #prepareOpening(missing: readonly Place[]): void {
    for (const { address, asset } of missing) {
      const fresh = this.#newAccount(address, asset)
      if (fresh !== undefined) this.#openable.set(placeKey(address, asset), fresh)
    }
  }

  #newAccount(address: string, asset: string): NewAccount | undefined {
    const exponent = this.#exponents.get(asset)
    const chart = this.policies.chart
    if (exponent === undefined || chart === undefined) return undefined
    const template = matchTemplate(chart, address)
    if (template?.open_on_first_use !== true) return undefined
    if (template.assets !== undefined && !template.assets.includes(asset)) return undefined
    const overdraftLimit = overdraftLimitOf(template.overdraft, asset, exponent)
    return { address, asset, exponent, type: template.type, overdraftLimit, chartVersion: chart.version }
  }

  #whyNot(address: string, asset: string): Refusal {
    if (this.policies.chart === undefined)
      return new Refusal('chart_missing', 'The ledger has no chart of accounts', {})
    return whyNotOpened(this.policies.chart, address, asset)
  }
}

interface OpenedAccount extends NewAccount {
  readonly id: bigint
  readonly account: BookAccount
}

/** What instructions name: the assets, the accounts that are not known yet, and those that something is held on. */
class Needs {
  readonly assets = new Set<string>()
  /** The accounts that are there. */
  readonly accounts = new Set<BookAccount>()
  readonly #known: KnownAccounts
  readonly #missing = new Map<string, Place>()
  #lastAsset: string | undefined

  constructor(known: KnownAccounts) {
    this.#known = known
  }

  missing(): Place[] {
    return [...this.#missing.values()]
  }

  /** Only accounts that something is held on can have an expired hold. */
  holding(): bigint[] {
    const holding = [...this.accounts].filter((a) => a.pendingDebits > 0n || a.pendingCredits > 0n)
    return holding.map(({ id }) => id)
  }

  add(address: string | undefined, asset: string | undefined): void {
    if (address === undefined || asset === undefined) return
    if (asset !== this.#lastAsset) {
      this.assets.add(asset)
      this.#lastAsset = asset
    }
    const account = this.#known.find(address, asset)
    if (account === undefined) this.#missing.set(placeKey(address, asset), { address, asset })
    else this.#addKnown(account)
  }

  addHold({ debit_account, credit_account }: HoldRow): void {
    for (const id of [debit_account, credit_account]) {
      const account = this.#known.get(id)
      if (account !== undefined) this.#addKnown(account)
    }
  }

  addMove({ debit, credit }: Move): void {
    this.#addKnown(debit)
    this.#addKnown(credit)
  }

  addAll(i: Instruction, assetOfHold: (hold: string) => string | undefined): void {
    if (i.kind === 'hold') {
      this.add(i.debit, i.asset)
      this.add(i.credit, i.asset)
    } else if (i.kind === 'settlement') {
      const asset = assetOfHold(i.hold)
      this.add(i.debit, asset)
      this.add(i.credit, asset)
    } else if (
      i.kind === 'transaction' ||
      i.kind === 'correction' ||
      i.kind === 'closing' ||
      i.kind === 'forward'
    ) {
      for (const posting of i.postings ?? []) {
        this.add(posting.debit, posting.asset)
        this.add(posting.credit, posting.asset)
      }
      for (const line of i.lines ?? []) this.add(line.account, line.asset)
      if (i.kind === 'transaction' || i.kind === 'forward')
        for (const condition of i.conditions) this.add(condition.account, condition.asset)
    }
  }

  #addKnown(account: BookAccount): void {
    if (account.asset !== this.#lastAsset) this.assets.add(account.asset)
    this.accounts.add(account)
  }
}

function placeKey(address: string, asset: string): string {
  return `${address}\u0000${asset}`
}

function accountsOf(holds: readonly HoldRow[]): bigint[] {
  return holds.flatMap((hold) => [hold.debit_account, hold.credit_account])
}

/** Makes sure that the accounts of these ids are known, and gives them. */
async function knowAll(
  db: Db,
  known: KnownAccounts,
  ids: readonly bigint[],
): Promise<(id: bigint) => BookAccount> {
  const missing = [...new Set(ids)].filter((id) => known.get(id) === undefined)
  for (const account of await loadAccountsById(db, missing)) known.add(account)
  return (id) => {
    const account = known.get(id)
    if (account === undefined) throw new Error(`There is no account ${id}`)
    return account
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

/** Forwards that instructions name; what they name as a transaction may be one. */
function forwardsOf(
  instructions: readonly Instruction[],
  originals: ReadonlyMap<string, Original>,
): string[] {
  return instructions.flatMap((i) => {
    if (i.kind === 'cancellation') return [i.forward]
    if (i.kind !== 'reversal' && i.kind !== 'correction') return []
    return originals.has(i.transaction) ? [] : [i.transaction]
  })
}
