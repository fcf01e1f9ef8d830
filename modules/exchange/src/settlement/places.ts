import {
  clearingAddress,
  feesAddress,
  marginAddress,
  positionAddress,
  tradingAddress,
} from '../domain/addresses.ts'
import type { Venue } from '../domain/trades.ts'
import type { AccountRecord } from '../store/accounts.ts'
import type { MarketRecord } from '../store/markets.ts'

/** Where a market books in its ledger. */
export function venueOf(market: MarketRecord): Venue {
  return { ...market, clearing: clearingAddress(market.code), fees: feesAddress(market.code) }
}

/** Where an account of a market has its cash and its instruments. */
export interface AccountPlaces {
  /** Whatever is in no market. */
  readonly trading: string
  /** What trades are paid from and into. */
  readonly cash: string
  readonly position: string
}

export function placesOf(market: MarketRecord, account: AccountRecord): AccountPlaces {
  const trading = tradingAddress(account.code)
  return {
    trading,
    cash: account.kind === 'margin' ? marginAddress(account.code) : trading,
    position: positionAddress(market.code, account.code),
  }
}

/** An account of a trade or transfer by its number; engines know numbers that were given out only. */
export function known<T>(accounts: ReadonlyMap<bigint, T>, id: number): T {
  const account = accounts.get(BigInt(id))
  if (account === undefined) throw new Error(`There is no trading account ${id}`)
  return account
}
