import { decimalText } from '../../src/testing/model/books.ts'

/** A ledger as plain lists, with nothing kept that could be counted. Liabilities at `out`, assets at `bank`; cents. */
export const accounts = ['out:a', 'out:b', 'bank:x', 'bank:y'] as const

export type Op =
  | { do: 'move'; debit: string; credit: string; amount: bigint; force: boolean }
  | { do: 'reserve'; debit: string; credit: string; amount: bigint; ttl: number | undefined }
  | {
      do: 'settle'
      hold: number
      amount: bigint | undefined
      final: boolean
      debit: string | undefined
      credit: string | undefined
      force: boolean
    }
  | { do: 'release'; hold: number; amount: bigint | undefined }
  | { do: 'reverse'; move: number }

interface Posting {
  at: number
  op: number
  debit: string
  credit: string
  amount: bigint
}

interface Hold {
  op: number
  at: number
  debit: string
  credit: string
  amount: bigint
  remaining: bigint
  settled: bigint
  expires: number | undefined
  open: boolean
  /** Given back to each of its accounts: released, expired, or settled with another account. */
  given: Record<string, bigint>
}

/** Something that lowered a balance; `counts` is false where it was counted as a hold. */
interface Outflow {
  at: number
  op: number
  account: string
  amount: bigint
  counts: boolean
}

export interface NaiveLimit {
  readonly name: string
  readonly prefix: string
  readonly amount: bigint | undefined
  readonly count: number | undefined
  readonly seconds: number
}

export interface Counters {
  debits: bigint
  credits: bigint
  pendingDebits: bigint
  pendingCredits: bigint
}

interface Lists {
  postings: Posting[]
  holds: Hold[]
  outflows: Outflow[]
  moves: Map<number, { reversed: boolean }>
}

export function cents(minor: bigint): string {
  return decimalText(minor, 2)
}

/** What a balance goes down by: debits of a liability, credits of an asset. */
function lowers(account: string, side: 'debit' | 'credit'): boolean {
  return account.startsWith('out') === (side === 'debit')
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

export class NaiveLedger {
  lists: Lists = { postings: [], holds: [], outflows: [], moves: new Map() }
  readonly limits: readonly NaiveLimit[]

  constructor(limits: readonly NaiveLimit[] = []) {
    this.limits = limits
  }

  /** Expires what is due, as a record of its own. Gives the accounts of each hold that expired, in order. */
  expire(now: number): string[][] {
    return this.lists.holds
      .filter((hold) => hold.open && hold.expires !== undefined && hold.expires <= now)
      .sort((a, b) => (a.expires ?? 0) - (b.expires ?? 0))
      .map((hold) => {
        this.#giveBack(hold, hold.remaining)
        return [hold.debit, hold.credit]
      })
  }

  /** Does it or says why not; `exceeded` are the limits that a forced one went beyond. */
  perform(op: Op, number: number, now: number): { code: string; exceeded: string[]; touched: string[] } {
    const before = structuredClone(this.lists)
    const wasUsed = this.#uses(now)
    const touched: string[] = []
    const code = this.#attempt(op, number, now, touched)
    if (code !== 'done') {
      this.lists = before
      return { code, exceeded: [], touched: [] }
    }
    const exceeded = this.#uses(now).filter(({ amount, count, limit }, i) => {
      const was = wasUsed[i] ?? { amount: 0n, count: 0 }
      return (
        (limit.amount !== undefined && amount > limit.amount && amount > was.amount) ||
        (limit.count !== undefined && count > limit.count && count > was.count)
      )
    })
    if (exceeded.length > 0 && !('force' in op && op.force)) {
      this.lists = before
      return { code: 'limit_exceeded', exceeded: [], touched: [] }
    }
    return { code, exceeded: exceeded.map(({ limit, account }) => `${limit.name} ${account}`), touched }
  }

  /** What an account gave out within the last so many seconds. */
  used(account: string, seconds: number, now: number): { amount: bigint; count: number } {
    const since = now - seconds * 1_000
    const flows = this.lists.outflows.filter((flow) => flow.account === account && flow.at > since)
    const holds = this.lists.holds.filter(
      (hold) => hold.at > since && (hold.debit === account || hold.credit === account),
    )
    const kept = holds.filter((hold) => hold.open || hold.settled > 0n)
    return {
      amount:
        sum(flows.map((flow) => flow.amount)) +
        sum(holds.map((hold) => hold.amount - (hold.given[account] ?? 0n))),
      count: new Set(flows.filter((flow) => flow.counts).map((flow) => flow.op)).size + kept.length,
    }
  }

  counters(account: string): Counters {
    const { postings, holds } = this.lists
    return {
      debits: sum(postings.filter((p) => p.debit === account).map((p) => p.amount)),
      credits: sum(postings.filter((p) => p.credit === account).map((p) => p.amount)),
      pendingDebits: sum(holds.filter((h) => h.debit === account).map((h) => h.remaining)),
      pendingCredits: sum(holds.filter((h) => h.credit === account).map((h) => h.remaining)),
    }
  }

  /** Total, reserved and available on the account's own side; the total also as it was at an earlier time. */
  standing(
    account: string,
    at = Number.POSITIVE_INFINITY,
  ): { total: bigint; reserved: bigint; available: bigint } {
    const counted = this.lists.postings.filter((p) => p.at <= at)
    const debits = sum(counted.filter((p) => p.debit === account).map((p) => p.amount))
    const credits = sum(counted.filter((p) => p.credit === account).map((p) => p.amount))
    const { pendingDebits, pendingCredits } = this.counters(account)
    const liability = account.startsWith('out')
    const total = liability ? credits - debits : debits - credits
    const reserved = liability ? pendingDebits : pendingCredits
    return { total, reserved, available: total - reserved }
  }

  #uses(now: number) {
    return accounts.flatMap((account) =>
      this.limits
        .filter(({ prefix }) => account === prefix || account.startsWith(`${prefix}:`))
        .map((limit) => ({ limit, account, ...this.used(account, limit.seconds, now) })),
    )
  }

  #attempt(op: Op, number: number, now: number, touched: string[]): string {
    switch (op.do) {
      case 'move':
        this.#post(op.debit, op.credit, op.amount, { number, now, touched })
        this.lists.moves.set(number, { reversed: false })
        return 'done'
      case 'reserve': {
        const { debit, credit, amount, ttl } = op
        const expires = ttl === undefined ? undefined : now + ttl
        const state = { remaining: amount, settled: 0n, open: true, given: {} }
        this.lists.holds.push({ op: number, at: now, debit, credit, amount, expires, ...state })
        touched.push(debit, credit)
        return 'done'
      }
      case 'settle':
        return this.#settle(op, number, now, touched)
      case 'release':
        return this.#release(op, touched)
      case 'reverse':
        return this.#reverse(op.move, number, now, touched)
    }
  }

  #post(
    debit: string,
    credit: string,
    amount: bigint,
    by: { number: number; now: number; touched: string[]; hold?: Hold; fromHold?: bigint },
  ): void {
    this.lists.postings.push({ at: by.now, op: by.number, debit, credit, amount })
    by.touched.push(debit, credit)
    for (const [account, side] of [
      [debit, 'debit'],
      [credit, 'credit'],
    ] as const) {
      if (!lowers(account, side)) continue
      const own = by.hold !== undefined && by.hold[side] === account
      const counted = own ? amount - (by.fromHold ?? 0n) : amount
      this.lists.outflows.push({ at: by.now, op: by.number, account, amount: counted, counts: !own })
    }
  }

  #openHold(index: number): Hold | string {
    const hold = this.lists.holds.find((each) => each.op === index)
    if (hold === undefined) return 'hold_not_found'
    return hold.open ? hold : 'hold_not_open'
  }

  #settle(op: Extract<Op, { do: 'settle' }>, number: number, now: number, touched: string[]): string {
    const hold = this.#openHold(op.hold)
    if (typeof hold === 'string') return hold
    const amount = op.amount ?? hold.remaining
    if (amount > hold.remaining && !op.force) return 'hold_exceeded'
    const fromHold = amount < hold.remaining ? amount : hold.remaining
    const debit = op.debit ?? hold.debit
    const credit = op.credit ?? hold.credit
    this.#post(debit, credit, amount, { number, now, touched, hold, fromHold })
    touched.push(hold.debit, hold.credit)
    if (debit !== hold.debit) hold.given[hold.debit] = (hold.given[hold.debit] ?? 0n) + fromHold
    if (credit !== hold.credit) hold.given[hold.credit] = (hold.given[hold.credit] ?? 0n) + fromHold
    hold.remaining -= fromHold
    hold.settled += amount
    if (op.final) this.#giveBack(hold, hold.remaining)
    if (hold.remaining === 0n) hold.open = false
    return 'done'
  }

  #release(op: Extract<Op, { do: 'release' }>, touched: string[]): string {
    const hold = this.#openHold(op.hold)
    if (typeof hold === 'string') return hold
    const amount = op.amount ?? hold.remaining
    if (amount > hold.remaining) return 'hold_exceeded'
    this.#giveBack(hold, amount)
    touched.push(hold.debit, hold.credit)
    return 'done'
  }

  #giveBack(hold: Hold, amount: bigint): void {
    hold.remaining -= amount
    for (const account of [hold.debit, hold.credit])
      hold.given[account] = (hold.given[account] ?? 0n) + amount
    if (hold.remaining === 0n) hold.open = false
  }

  #reverse(index: number, number: number, now: number, touched: string[]): string {
    const move = this.lists.moves.get(index)
    const posting = this.lists.postings.find((p) => p.op === index)
    if (move === undefined || posting === undefined) return 'transaction_not_found'
    if (move.reversed) return 'transaction_reversed'
    move.reversed = true
    this.#post(posting.credit, posting.debit, posting.amount, { number, now, touched })
    return 'done'
  }
}
