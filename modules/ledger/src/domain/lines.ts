import { Refusal } from '@florin/kernel'

/** One line of a classic entry: an amount on one side of one account. */
export interface EntryLine<A> {
  readonly account: A
  readonly asset: string
  readonly side: 'debit' | 'credit'
  /** Minor units, positive. */
  readonly amount: bigint
}

export interface Movement<A> {
  readonly debit: A
  readonly credit: A
  readonly asset: string
  readonly amount: bigint
}

/**
 * Decomposes a balanced classic entry into postings, asset by asset: each debit takes from the credits in the order
 * given, so the result is determined by the input. Every account's debits and credits come out as they went in, also
 * where an account stands on both sides.
 *
 * @throws Refusal `same_account` when an account can only be paired with itself
 */
export function decompose<A>(lines: readonly EntryLine<A>[]): Movement<A>[] {
  const assets = [...new Set(lines.map((line) => line.asset))]
  return assets.flatMap((asset) =>
    pair(
      asset,
      lines.filter((line) => line.asset === asset),
    ),
  )
}

/** @throws Refusal `unbalanced` when an asset's debits and credits differ */
export function checkBalanced(
  lines: readonly EntryLine<unknown>[],
  describe: (assetCode: string, minor: bigint) => string,
): void {
  const nets = new Map<string, { debit: bigint; credit: bigint }>()
  for (const { asset, side, amount } of lines) {
    const net = nets.get(asset) ?? { debit: 0n, credit: 0n }
    nets.set(asset, net)
    net[side] += amount
  }
  for (const [asset, { debit, credit }] of nets) {
    if (debit === credit) continue
    const [debits, credits] = [describe(asset, debit), describe(asset, credit)]
    throw new Refusal('unbalanced', `${asset}: the debits are ${debits} and the credits ${credits}`, {
      asset,
      debits,
      credits,
    })
  }
}

interface Open<A> {
  readonly account: A
  left: bigint
}

function pair<A>(asset: string, lines: readonly EntryLine<A>[]): Movement<A>[] {
  const open = (side: 'debit' | 'credit'): Open<A>[] =>
    lines.filter((line) => line.side === side).map((line) => ({ account: line.account, left: line.amount }))
  const credits = open('credit')
  const movements: Movement<A>[] = []
  const stuck: Open<A>[] = []
  for (const debit of open('debit')) {
    for (const credit of credits) {
      if (debit.left === 0n) break
      if (credit.left === 0n || credit.account === debit.account) continue
      const amount = debit.left < credit.left ? debit.left : credit.left
      debit.left -= amount
      credit.left -= amount
      movements.push({ debit: debit.account, credit: credit.account, asset, amount })
    }
    // Whatever is left could only be paired with credits of the very same account.
    if (debit.left > 0n) stuck.push(debit)
  }
  return stuck.reduce((done, debit) => exchange(asset, done, debit), movements)
}

/** Lets an account that faces only itself change partners with movements that it has no part in. */
function exchange<A>(asset: string, movements: readonly Movement<A>[], stuck: Open<A>): Movement<A>[] {
  const result: Movement<A>[] = []
  const own = stuck.account
  for (const movement of movements) {
    const free = stuck.left > 0n && movement.debit !== own && movement.credit !== own
    if (!free) {
      result.push(movement)
      continue
    }
    const amount = stuck.left < movement.amount ? stuck.left : movement.amount
    stuck.left -= amount
    if (amount < movement.amount) result.push({ ...movement, amount: movement.amount - amount })
    result.push(
      { debit: movement.debit, credit: own, asset, amount },
      { debit: own, credit: movement.credit, asset, amount },
    )
  }
  if (stuck.left > 0n)
    throw new Refusal('same_account', 'An account can’t be debited and credited with itself', {})
  return result
}
