import { Refusal } from '@florin/kernel'
import { AMOUNT_LIMIT, formatDecimal } from '@florin/money'
import { type AccountType, availableOf, type Counters, type FreezeState } from './account.ts'
import { judgeEach } from './precedence.ts'

/**
 * An account as the book keeps it while instructions are folded over it. Amounts in minor units. There is one object
 * for each account, which the fold changes in place: a copy for every posting would cost more than the posting.
 */
export interface BookAccount {
  readonly id: bigint
  readonly address: string
  readonly asset: string
  readonly exponent: number
  readonly type: AccountType
  /** How far available may go below zero; undefined: without limit. */
  readonly overdraftLimit: bigint | undefined
  readonly frozen: FreezeState
  readonly closed: boolean
  postedDebits: bigint
  postedCredits: bigint
  pendingDebits: bigint
  pendingCredits: bigint
  /** seq of the last record that changed the counters. */
  version: bigint
}

export type HoldStatus = 'open' | 'settled' | 'released' | 'expired'

export interface BookHold {
  readonly id: string
  readonly seq: bigint
  readonly debit: BookAccount
  readonly credit: BookAccount
  readonly amount: bigint
  readonly expiresAt: number | undefined
  readonly status: HoldStatus
  readonly remaining: bigint
  readonly settled: bigint
}

/** A posting as it is written down: both accounts' posted totals right after it. */
export interface BookPosting extends Move {
  readonly debitDebits: bigint
  readonly debitCredits: bigint
  readonly creditDebits: bigint
  readonly creditCredits: bigint
}

/** A change of what is held, with what is pending on both accounts right after it. */
export interface BookReservation {
  readonly hold: BookHold
  readonly delta: bigint
  readonly debitPending: bigint
  readonly creditPending: bigint
}

/** What one instruction did. */
export interface Effects {
  readonly postings: readonly BookPosting[]
  readonly reservations: readonly BookReservation[]
}

export interface Move {
  readonly debit: BookAccount
  readonly credit: BookAccount
  readonly amount: bigint
}

/** An account that an instruction touched, and its counters before. */
export interface Touched {
  readonly account: BookAccount
  readonly before: Counters & { readonly version: bigint }
}

/**
 * The accounts and holds that a batch touches, in memory, under the ledger's lock. Instructions are folded over it
 * one after another: each either takes effect as a whole or throws a Refusal and changes nothing.
 */
export class Book {
  readonly #holds = new Map<string, BookHold>()
  /** What the instruction under way changed, as it was before; undone if it is refused. */
  #touched: Touched[] = []
  #holdsBefore = new Map<string, BookHold | undefined>()
  #postings: BookPosting[] = []
  #reservations: BookReservation[] = []
  #seq = 0n
  /** seq of the last record before the first instruction. */
  #start: bigint | undefined
  readonly #changedAccounts: BookAccount[] = []
  readonly #changedHolds = new Set<string>()

  addHold(hold: BookHold): void {
    this.#holds.set(hold.id, hold)
  }

  hold(id: string): BookHold | undefined {
    return this.#holds.get(id)
  }

  /** Accounts whose counters were changed, each once. */
  changedAccounts(): readonly BookAccount[] {
    return this.#changedAccounts
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
    this.#start ??= seq - 1n
    this.#seq = seq
    this.#touched = []
    this.#postings = []
    this.#reservations = []
    if (this.#holdsBefore.size > 0) this.#holdsBefore = new Map()
    try {
      instruction(this)
      if (!options.forced) this.#checkFunds()
      options.check?.({ postings: this.#postings, reservations: this.#reservations })
    } catch (error) {
      this.#undo()
      throw error
    }
    for (const { account, before } of this.#touched)
      if (before.version <= this.#start) this.#changedAccounts.push(account)
    for (const id of this.#holdsBefore.keys()) this.#changedHolds.add(id)
    return { postings: this.#postings, reservations: this.#reservations }
  }

  /** The accounts that the instruction folded last touched, and how they stood before it. */
  touched(): readonly Touched[] {
    return this.#touched
  }

  #undo(): void {
    for (const { account, before } of this.#touched) {
      account.postedDebits = before.postedDebits
      account.postedCredits = before.postedCredits
      account.pendingDebits = before.pendingDebits
      account.pendingCredits = before.pendingCredits
      account.version = before.version
    }
    for (const [id, before] of this.#holdsBefore) {
      if (before === undefined) this.#holds.delete(id)
      else this.#holds.set(id, before)
    }
  }

  /** Whether the accounts take postings on these sides. */
  checkOpen(entries: readonly { readonly account: BookAccount; readonly side: 'debit' | 'credit' }[]): void {
    judgeEach(entries, ({ account, side }) => checkOpen(account, side))
  }

  /** Moves an amount from the credit account to the debit account. */
  post(move: Move): void {
    checkMove(move)
    const { debit, credit, amount } = move
    this.#touch(debit)
    this.#touch(credit)
    debit.postedDebits += amount
    credit.postedCredits += amount
    this.#postings.push({
      debit,
      credit,
      amount,
      debitDebits: debit.postedDebits,
      debitCredits: debit.postedCredits,
      creditDebits: credit.postedDebits,
      creditCredits: credit.postedCredits,
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
    to: { readonly debit: BookAccount; readonly credit: BookAccount },
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
    const { debit, credit } = hold
    this.#touch(debit)
    this.#touch(credit)
    debit.pendingDebits += delta
    credit.pendingCredits += delta
    this.#reservations.push({
      hold: this.#keepHold({ ...hold, remaining: hold.remaining + delta, status }),
      delta,
      debitPending: debit.pendingDebits,
      creditPending: credit.pendingCredits,
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

  /** Remembers how an account stands before the instruction under way changes it for the first time. */
  #touch(account: BookAccount): void {
    if (account.version === this.#seq) return
    const { postedDebits, postedCredits, pendingDebits, pendingCredits, version } = account
    this.#touched.push({
      account,
      before: { postedDebits, postedCredits, pendingDebits, pendingCredits, version },
    })
    account.version = this.#seq
  }

  /**
   * After the whole instruction no account may have less available than its policy allows, unless it has at least as
   * much as before: money may always come in.
   */
  #checkFunds(): void {
    for (const { account: after, before } of this.#touched) {
      if (after.overdraftLimit === undefined) continue
      const was = availableOf(after.type, before)
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

function checkOpen(account: BookAccount, side: 'debit' | 'credit'): void {
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

function sidesOf(move: { readonly debit: BookAccount; readonly credit: BookAccount }) {
  return [
    { account: move.debit, side: 'debit' as const },
    { account: move.credit, side: 'credit' as const },
  ]
}

/** @throws Refusal `same_account` */
export function checkAccounts({ debit, credit }: Move): void {
  if (debit !== credit) return
  const { address, asset } = debit
  throw new Refusal('same_account', `${describe(debit)} can’t be debited and credited with itself`, {
    account: address,
    asset,
  })
}

/** @throws Refusal `same_account`, `amount_zero`, `amount_out_of_range` */
export function checkMove(move: Move): void {
  checkAccounts(move)
  if (move.amount <= 0n) throw new Refusal('amount_zero', 'The amount must be more than zero', {})
  if (move.amount >= AMOUNT_LIMIT)
    throw new Refusal('amount_out_of_range', 'The amount must be less than 2^256 minor units', {})
}

function describe(account: { address: string; asset: string }): string {
  return `${account.address} ${account.asset}`
}

/** An account as it is right after its opening: nothing on it, nothing forbidden. */
export function bookableAccount(
  fresh: Pick<BookAccount, 'id' | 'address' | 'asset' | 'exponent' | 'type' | 'overdraftLimit'>,
): BookAccount {
  const { id, address, asset, exponent, type, overdraftLimit } = fresh
  return {
    id,
    address,
    asset,
    exponent,
    type,
    overdraftLimit,
    frozen: 'no',
    closed: false,
    postedDebits: 0n,
    postedCredits: 0n,
    pendingDebits: 0n,
    pendingCredits: 0n,
    version: 0n,
  }
}
