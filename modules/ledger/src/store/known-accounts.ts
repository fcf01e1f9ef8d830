import type { Unit } from '@florin/kernel'
import type { BookAccount } from '../domain/book.ts'

/** Accounts of one ledger with their counters, by place and by id. */
export class KnownAccounts {
  readonly #byAsset = new Map<string, Map<string, BookAccount>>()
  readonly #byId = new Map<bigint, BookAccount>()

  get size(): number {
    return this.#byId.size
  }

  find(address: string, asset: string): BookAccount | undefined {
    return this.#byAsset.get(asset)?.get(address)
  }

  get(id: bigint): BookAccount | undefined {
    return this.#byId.get(id)
  }

  /** Keeps what is known already: its counters may be ahead of those that were just read. */
  add(account: BookAccount): void {
    if (this.#byId.has(account.id)) return
    this.#byId.set(account.id, account)
    let places = this.#byAsset.get(account.asset)
    if (places === undefined) {
      places = new Map()
      this.#byAsset.set(account.asset, places)
    }
    places.set(account.address, account)
  }

  remove(account: BookAccount): void {
    this.#byId.delete(account.id)
    this.#byAsset.get(account.asset)?.delete(account.address)
  }

  clear(): void {
    this.#byId.clear()
    this.#byAsset.clear()
  }
}

/** What a writer left behind: true for as long as the ledger's head says the same. */
interface Kept {
  readonly seq: bigint
  readonly policies: bigint
  readonly accounts: KnownAccounts
}

/** By database, then by ledger. */
const kept = new WeakMap<object, Map<bigint, Kept>>()

/** Accounts kept of a ledger, at most (some 50 MB), and ledgers. */
const mostAccounts = 100_000
const mostLedgers = 16

/** What the head tells: where the journal ends and how often policies have changed. */
interface Head {
  readonly id: bigint
  readonly seq: bigint
  readonly policies: bigint
}

/**
 * The accounts that the last unit of this process left behind, if nobody has booked or changed anything since: the
 * caller holds the ledger's lock, so nobody will. They are handed out once and come back with the commit of this unit
 * alone, so nothing that was rolled back is ever believed.
 */
export function takeKnownAccounts(unit: Unit, head: Head): KnownAccounts {
  let ledgers = kept.get(unit.db.database)
  if (ledgers === undefined) {
    ledgers = new Map()
    kept.set(unit.db.database, ledgers)
  }
  const found = ledgers.get(head.id)
  ledgers.delete(head.id)
  const accounts =
    found?.seq === head.seq && found.policies === head.policies ? found.accounts : new KnownAccounts()
  unit.afterCommit(() => putBack(ledgers, head, accounts))
  return accounts
}

function putBack(ledgers: Map<bigint, Kept>, { id, seq, policies }: Head, accounts: KnownAccounts): void {
  if (accounts.size > mostAccounts) return
  ledgers.set(id, { seq, policies, accounts })
  if (ledgers.size <= mostLedgers) return
  const [oldest] = ledgers.keys()
  if (oldest !== undefined) ledgers.delete(oldest)
}
