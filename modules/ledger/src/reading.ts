import type { View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { standing } from './domain/account.ts'
import type { RequestedPosting } from './domain/instruction.ts'
import type { Place } from './posting/surroundings.ts'
import { loadAccountsById } from './store/accounts.ts'
import { currentBalances } from './store/balances.ts'
import { findLedger } from './store/head.ts'
import { loadHolds } from './store/holds.ts'
import { loadOriginals } from './store/originals.ts'

/** An account's balances in minor units, on its normal side. */
export interface Balance extends Place {
  readonly exponent: number
  readonly total: bigint
  /** What holds keep for themselves. */
  readonly reserved: bigint
}

/**
 * The balances of accounts at or below the prefix, by address and asset, for modules that check their own state.
 *
 * @throws Refusal `ledger_not_found`
 */
export async function readBalances(view: View, ledger: string, prefix: string): Promise<Balance[]> {
  const head = await findLedger(view, ledger)
  const accounts = await currentBalances(view.db, head.id, { prefix }, head.bookedAt)
  return accounts.map(({ address, asset, exponent, type, ...counters }) => {
    const { total, reserved } = standing(type, counters)
    return { address, asset, exponent, total, reserved }
  })
}

/** What is left of holds, in minor units, by id; those that ended have nothing left. */
export async function readHolds(
  view: View,
  ledger: string,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  const head = await findLedger(view, ledger)
  const rows = await loadHolds(view.db, head.id, ids)
  return new Map(rows.map((row) => [row.id, row.status === 'open' ? row.remaining : 0n]))
}

/** What a transaction moved, its corrections included, and whether it was reversed. */
export interface Movement {
  readonly reversed: boolean
  readonly moves: readonly RequestedPosting[]
}

/** What these transactions moved, by id; those that are not booked in this ledger are missing. */
export async function readMovements(
  view: View,
  ledger: string,
  ids: readonly string[],
): Promise<Map<string, Movement>> {
  const head = await findLedger(view, ledger)
  const originals = await loadOriginals(view.db, head.id, ids, async (accounts) => {
    const loaded = await loadAccountsById(view.db, [...new Set(accounts)])
    const byId = new Map(loaded.map((account) => [account.id, account]))
    return (id) => {
      const account = byId.get(id)
      if (account === undefined) throw new Error(`There is no account ${id}`)
      return account
    }
  })
  return new Map(
    [...originals].map(([id, { reversedBy, moves }]) => [
      id,
      {
        reversed: reversedBy !== undefined,
        moves: moves.map(({ debit, credit, amount }) => ({
          debit: debit.address,
          credit: credit.address,
          asset: debit.asset,
          amount: formatDecimal(amount, debit.exponent),
        })),
      },
    ]),
  )
}
