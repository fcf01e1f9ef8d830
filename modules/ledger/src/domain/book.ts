import { Refusal } from '@florin/kernel'
import { AMOUNT_LIMIT, formatDecimal } from '@florin/money'
import { type AccountType, availableOf, type Counters, type FreezeState } from './account.ts'
import { judgeEach } from './precedence.ts'

/** An account as the book keeps it while instructions are folded over it. Amounts in minor units. */
export interface BookAccount extends Counters {
  readonly id: bigint
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  /** How far available may go below zero; undefined: without limit. */
  readonly overdraftLimit: bigint | undefined
  readonly frozen: FreezeState
  readonly closed: boolean
  /** seq of the last record that changed the counters. */
  readonly version: bigint
}

export type HoldStatus = 'open' | 'settled' | 'released' | 'expired'

export interface BookHold {
  readonly id: string
  readonly seq: bigint
  /** Keys of the accounts. */
  readonly debit: string
  readonly credit: string
  readonly amount: bigint
  readonly expiresAt: number | undefined
  readonly status: HoldStatus
  readonly remaining: bigint
  readonly settled: bigint
}

/** A posting as it is written down: both accounts' posted totals right after it. */
export interface BookPosting {
  readonly debit: BookAccount
  readonly credit: BookAccount
  readonly amount: bigint
}

/** A change of what is held, with the accounts right after it. */
export interface BookReservation {
  readonly hold: BookHold
  readonly debit: BookAccount
  readonly credit: BookAccount
  readonly delta: bigint
}

/** What one instruction did. */
export interface Effects {
  readonly postings: readonly BookPosting[]
  readonly reservations: readonly BookReservation[]
}

export interface Move {
  /** Keys of the accounts. */
  readonly debit: string
  readonly credit: string
  readonly amount: bigint
}

/** One account and one asset. */
export function accountKey(address: string, asset: string): string {
  return `${address}\u0000${asset}`
}

/**
 * The accounts and holds that a batch touches, in memory, under the ledger's lock. Instructions are folded over it
 * one after another: each either takes effect as a whole or throws a Refusal and changes nothing.
 */
export class Book {
  readonly #accounts = new Map<string, BookAccount>()
  readonly #holds = new Map<string, BookHold>()
  /** What the instruction under way changed, as it was before; undone if it is refused. */
  #accountsBefore = new Map<string, BookAccount>()
  #holdsBefore = new Map<string, BookHold | undefined>()
  #added: string[] = []
  #postings: BookPosting[] = []
  #reservations: BookReservation[] = []
  #seq = 0n
  readonly #changedAccounts = new Set<string>()
  readonly #changedHolds = new Set<string>()

  addAccount(account: BookAccount): void {
    const key = accountKey(account.address, account.asset)
    this.#accounts.set(key, account)
    this.#added.push(key)
  }

  addHold(hold: BookHold): void {
    this.#holds.set(hold.id, hold)
  }

  account(key: string): BookAccount | undefined {
    return this.#accounts.get(key)
  }

  hold(id: string): BookHold | undefined {
    return this.#holds.get(id)
  }

  /** Accounts whose counters differ from what was loaded. */
  changedAccounts(): BookAccount[] {
    return [...this.#changedAccounts].map((key) => this.#known(key))
  }

  /** Holds that are new or differ from what was loaded. */
  changedHolds(): BookHold[] {
    return [...this.#changedHolds].flatMap((id) => this.#holds.get(id) ?? [])
  }

  /** Folds one instruction, which will be record `seq`: all of its effects, or a Refusal and none. */
  fold(
    seq: bigint,
    options: {
      readonly forced: boolean
      /** Judges the effects after everything else; a Refusal undoes them. */
      readonly check?: ((effects: Effects) => void) | undefined
    },
    instruction: (book: this) => void,
  ): Effects {
    this.#accountsBefore = new Map()
    this.#holdsBefore = new Map()
    this.#added = []
    this.#postings = []
    this.#reservations = []
    this.#seq = seq
    try {
      instruction(this)
      if (!options.forced) this.#checkFunds()
      options.check?.({ postings: this.#postings, reservations: this.#reservations })
    } catch (error) {
      for (const [key, before] of this.#accountsBefore) this.#accounts.set(key, before)
      for (const [id, before] of this.#holdsBefore) {
        if (before === undefined) this.#holds.delete(id)
        else this.#holds.set(id, before)
      }
      // Accounts that the instruction would have opened.
      for (const key of this.#added) this.#accounts.delete(key)
      throw error
    }
    for (const key of this.#accountsBefore.keys()) this.#changedAccounts.add(key)
    for (const id of this.#holdsBefore.keys()) this.#changedHolds.add(id)
    return { postings: this.#postings, reservations: this.#reservations }
  }

  /** How the accounts stood before the instruction that was folded last. */
  before(): ReadonlyMap<string, BookAccount> {
    return this.#accountsBefore
  }

  /** Whether the accounts take postings on these sides. */
  checkOpen(entries: readonly { readonly account: string; readonly side: 'debit' | 'credit' }[]): void {
    judgeEach(entries, ({ account, side }) => this.#checkOpen(account, side))
  }

  /** Moves an amount from the credit account to the debit account. */
  post(move: Move): void {
    checkMove(move)
    const debit = this.#known(move.debit)
    const credit = this.#known(move.credit)
    this.#postings.push({
      debit: this.#change(move.debit, { postedDebits: debit.postedDebits + move.amount }),
      credit: this.#change(move.credit, { postedCredits: credit.postedCredits + move.amount }),
      amount: move.amount,
    })
  }

  /** Holds an amount: it may leave only by this hold. */
  reserve(move: Move, hold: { readonly id: string; readonly expiresAt: number | undefined }): void {
    this.checkOpen(sidesOf(move))
    checkMove(move)
    this.#keepHold({
      ...hold,
      seq: this.#seq,
      debit: move.debit,
      credit: move.credit,
      amount: move.amount,
      status: 'open',
      remaining: 0n,
      settled: 0n,
    })
    this.#shift(hold.id, move.amount)
  }

  /** Gives back what a hold still holds; `status` says why it ends. */
  endHold(id: string, status: 'released' | 'expired'): void {
    const hold = this.openHold(id)
    this.#shift(id, -hold.remaining, status)
  }

  /** Gives back a part, or all, of what is held. */
  releasePart(id: string, amount: bigint): void {
    const hold = this.openHold(id)
    this.#shift(id, -amount, amount === hold.remaining ? 'released' : 'open')
  }

  /** Posts `amount` for a hold, taking it from what is held; `final` gives back the rest. */
  settle(
    id: string,
    amount: bigint,
    to: { readonly debit: string; readonly credit: string },
    final: boolean,
  ): void {
    const hold = this.openHold(id)
    this.checkOpen(sidesOf(to))
    const fromHold = amount < hold.remaining ? amount : hold.remaining
    const rest = hold.remaining - fromHold
    this.#shift(id, -fromHold, rest === 0n ? 'settled' : 'open')
    if (final && rest > 0n) this.#shift(id, -rest, 'settled')
    this.post({ ...to, amount })
    this.#keepHold({ ...this.#knownHold(id), settled: hold.settled + amount })
  }

  /** The hold, if anything is still held. */
  openHold(id: string): BookHold {
    const hold = this.#holds.get(id)
    if (hold === undefined)
      throw new Refusal('hold_not_found', `There is no hold ${id} in this ledger`, { hold: id })
    if (hold.status !== 'open') {
      throw new Refusal('hold_not_open', `The hold ${id} is ${hold.status}`, {
        hold: id,
        status: hold.status,
      })
    }
    return hold
  }

  #shift(id: string, delta: bigint, status: HoldStatus = 'open'): void {
    const hold = this.#knownHold(id)
    const debit = this.#known(hold.debit)
    const credit = this.#known(hold.credit)
    const after = this.#keepHold({ ...hold, remaining: hold.remaining + delta, status })
    this.#reservations.push({
      hold: after,
      debit: this.#change(hold.debit, { pendingDebits: debit.pendingDebits + delta }),
      credit: this.#change(hold.credit, { pendingCredits: credit.pendingCredits + delta }),
      delta,
    })
  }

  #keepHold(hold: BookHold): BookHold {
    if (!this.#holdsBefore.has(hold.id)) this.#holdsBefore.set(hold.id, this.#holds.get(hold.id))
    this.#holds.set(hold.id, hold)
    return hold
  }

  #knownHold(id: string): BookHold {
    const hold = this.#holds.get(id)
    if (hold === undefined) throw new Error(`The hold ${id} was not loaded`)
    return hold
  }

  #known(key: string): BookAccount {
    const account = this.#accounts.get(key)
    if (account === undefined) throw new Error(`The account ${key.replace('\u0000', ' ')} was not loaded`)
    return account
  }

  #checkOpen(key: string, side: 'debit' | 'credit'): void {
    const account = this.#known(key)
    if (account.closed) {
      throw new Refusal('account_closed', `The account ${describe(account)} is closed`, {
        account: account.address,
        asset: account.asset,
      })
    }
    if (account.frozen === 'both' || account.frozen === `${side}s`) {
      throw new Refusal('account_frozen', `The account ${describe(account)} is frozen for ${side}s`, {
        account: account.address,
        asset: account.asset,
        frozen: account.frozen,
      })
    }
  }

  #change(key: string, counters: Partial<Counters>): BookAccount {
    const before = this.#known(key)
    if (!this.#accountsBefore.has(key)) this.#accountsBefore.set(key, before)
    const after = changed(before, counters, this.#seq)
    this.#accounts.set(key, after)
    return after
  }

  /**
   * After the whole instruction no account may have less available than its policy allows, unless it has at least as
   * much as before: money may always come in.
   */
  #checkFunds(): void {
    for (const [key, before] of this.#accountsBefore) {
      const after = this.#known(key)
      if (after.overdraftLimit === undefined) continue
      const was = availableOf(before.type, before)
      const is = availableOf(after.type, after)
      if (is >= -after.overdraftLimit || is >= was) continue
      const show = (minor: bigint): string => formatDecimal(minor, after.exponent)
      throw new Refusal(
        'insufficient_funds',
        `${describe(after)} has ${show(was)} available and would have ${show(is)}`,
        {
          account: after.address,
          asset: after.asset,
          available: show(was),
          needed: show(was - is),
          overdraft_limit: show(after.overdraftLimit),
        },
      )
    }
  }
}

function sidesOf(move: { readonly debit: string; readonly credit: string }) {
  return [
    { account: move.debit, side: 'debit' as const },
    { account: move.credit, side: 'credit' as const },
  ]
}

/** @throws Refusal `same_account` */
export function checkAccounts(move: Move): void {
  if (move.debit !== move.credit) return
  const [address = '', asset = ''] = move.debit.split('\u0000')
  throw new Refusal('same_account', `${address} ${asset} can’t be debited and credited with itself`, {
    account: address,
    asset,
  })
}

function checkMove(move: Move): void {
  checkAccounts(move)
  if (move.amount <= 0n) throw new Refusal('amount_zero', 'The amount must be more than zero', {})
  if (move.amount >= AMOUNT_LIMIT)
    throw new Refusal('amount_out_of_range', 'The amount must be less than 2^256 minor units', {})
}

function describe(account: { address: string; asset: string }): string {
  return `${account.address} ${account.asset}`
}

/** Every member by name: spreading the account for each posting would cost more than the posting. */
function changed(before: BookAccount, counters: Partial<Counters>, version: bigint): BookAccount {
  return {
    id: before.id,
    address: before.address,
    asset: before.asset,
    exponent: before.exponent,
    type: before.type,
    overdraftLimit: before.overdraftLimit,
    frozen: before.frozen,
    closed: before.closed,
    version,
    postedDebits: counters.postedDebits ?? before.postedDebits,
    postedCredits: counters.postedCredits ?? before.postedCredits,
    pendingDebits: counters.pendingDebits ?? before.pendingDebits,
    pendingCredits: counters.pendingCredits ?? before.pendingCredits,
  }
}

/** An account as it is right after its opening: nothing on it, nothing forbidden. */
export function bookableAccount(
  fresh: Pick<BookAccount, 'id' | 'address' | 'asset' | 'exponent' | 'type' | 'overdraftLimit'>,
): BookAccount {
  const { id, address, asset, exponent, type, overdraftLimit } = fresh
  const counters = { postedDebits: 0n, postedCredits: 0n, pendingDebits: 0n, pendingCredits: 0n }
  return {
    id,
    address,
    asset,
    exponent,
    type,
    overdraftLimit,
    frozen: 'no',
    closed: false,
    version: 0n,
    ...counters,
  }
}
