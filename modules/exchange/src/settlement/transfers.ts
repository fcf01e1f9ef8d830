import { quantityOf } from '../domain/units.ts'
import type { AccountRecord } from '../store/accounts.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { EndedTransfer } from '../store/transfers.ts'
import type { Movement } from './booking.ts'
import { known, placesOf } from './places.ts'

/** A transfer with what the engine said to it. */
export interface AnsweredTransfer extends EndedTransfer {
  /** 0: it was done. */
  readonly reason: number
}

/** Instruments that the engine let in or out. Buying power is held, not moved, so it needs no movement. */
export function transferMovements(
  market: MarketRecord,
  transfers: readonly AnsweredTransfer[],
  accounts: ReadonlyMap<bigint, AccountRecord>,
): Movement[] {
  return transfers.flatMap((transfer) => {
    const { kind, reason } = transfer
    if (reason !== 0 || (kind !== 'deposit' && kind !== 'withdraw')) return []
    const { trading, position } = placesOf(market, known(accounts, transfer.account))
    const sides =
      kind === 'deposit' ? { debit: trading, credit: position } : { debit: position, credit: trading }
    const amount = quantityOf(market, Number(transfer.amount / market.lotUnits))
    return [
      {
        identity: `exchange/${market.code}/transfer/${transfer.id}`,
        reference: `${market.code} ${kind}`,
        postings: [{ ...sides, amount, asset: market.instrument }],
        valueTime: transfer.requestedAt,
      },
    ]
  })
}
