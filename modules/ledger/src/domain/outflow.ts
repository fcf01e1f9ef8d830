import type { BookAccount, Effects } from './book.ts'
import { type Limit, outflowSide } from './watches.ts'

/**
 * What left an account within a window, for one limit. A posting counts when it is booked, gross; a hold when it is
 * reserved, less what was given back of it since. So settling a hold counts nothing, and a hold that was reserved
 * before the window gives back nothing.
 */
export interface Use {
  /** Minor units. */
  readonly amount: bigint
  /** Records that took something out; a hold that was given back as a whole is none. */
  readonly count: number
  /** seq of the last record before the window. */
  readonly start: bigint
  /** Epoch milliseconds of the first outflow within the window. */
  readonly oldest: number | undefined
}

/** What one instruction does to one account. Amounts in minor units. */
export interface Outflow {
  /** Postings that take out. */
  posted: bigint
  /** Newly held. */
  reserved: bigint
  /** Whether it is booked from a hold on this very account, and so was counted before. */
  fromHold: boolean
  /** Changes of what older holds keep: taken for a settlement, or given back. */
  readonly shifts: {
    readonly holdSeq: bigint
    readonly amount: bigint
    readonly settled: boolean
    /** Whether nothing of the hold was ever used, nor will be. */
    readonly undone: boolean
  }[]
}

/** What an instruction does to these accounts, by their ids. One pass over its effects, however many there are. */
export function outflowsOf(effects: Effects, accounts: ReadonlySet<bigint>): Map<bigint, Outflow> {
  const outflows = new Map<bigint, Outflow>()
  const of = (account: BookAccount, side: 'debit' | 'credit'): Outflow | undefined => {
    if (outflowSide(account) !== side || !accounts.has(account.id)) return undefined
    const known = outflows.get(account.id)
    if (known !== undefined) return known
    const fresh: Outflow = { posted: 0n, reserved: 0n, fromHold: false, shifts: [] }
    outflows.set(account.id, fresh)
    return fresh
  }
  for (const { debit, credit, amount } of effects.postings) {
    for (const outflow of [of(debit, 'debit'), of(credit, 'credit')]) {
      if (outflow !== undefined) outflow.posted += amount
    }
  }
  for (const [i, { hold, delta }] of effects.reservations.entries()) {
    for (const outflow of [of(hold.debit, 'debit'), of(hold.credit, 'credit')]) {
      if (outflow === undefined) continue
      // The first change of a settlement is what it takes from the hold; it may post to another account.
      const settled = i === 0 && delta < 0n && outflow.posted > 0n
      if (settled) outflow.fromHold = true
      if (delta > 0n) outflow.reserved += delta
      else {
        const undone = hold.status !== 'open' && hold.settled === 0n && effects.postings.length === 0
        outflow.shifts.push({ holdSeq: hold.seq, amount: -delta, settled, undone })
      }
    }
  }
  return outflows
}

/** The use after an outflow at `bookedAt`. */
export function used(before: Use, outflow: Outflow, bookedAt: number): Use {
  let { amount, count } = before
  amount += outflow.posted + outflow.reserved
  if (outflow.reserved > 0n || (outflow.posted > 0n && !outflow.fromHold)) count++
  for (const shift of outflow.shifts) {
    const within = shift.holdSeq > before.start
    // What is settled was counted when it was reserved, and counted again as posted just now.
    if (within || shift.settled) amount -= shift.amount
    if (within && shift.undone) count--
  }
  const counts = amount > before.amount || count > before.count
  return { ...before, amount, count, oldest: before.oldest ?? (counts ? bookedAt : undefined) }
}

/** Whether the use goes further beyond the limit than it was. */
export function exceeds(limit: Limit, before: Use, after: Use): boolean {
  const { amount, count } = limit
  return (
    (amount !== undefined && after.amount > amount && after.amount > before.amount) ||
    (count !== undefined && after.count > count && after.count > before.count)
  )
}
