import type { Unit } from '@florin/kernel'
import { kill, reason as reasons } from '@florin/orderbook'
import type { AccountRecord } from '../store/accounts.ts'
import { enqueue } from '../store/inbox.ts'
import type { MarketRecord } from '../store/markets.ts'
import type { PricedTrade } from '../store/settlements.ts'
import type { BookedMovement, Movement } from './booking.ts'
import type { Broken } from './holds.ts'
import { known, placesOf } from './places.ts'
import type { AnsweredTransfer } from './transfers.ts'

/** What came of a round of settlement. */
interface Round {
  readonly movements: readonly Movement[]
  readonly booked: readonly BookedMovement[]
  readonly settled: readonly (PricedTrade & BookedMovement)[]
  readonly transfers: readonly AnsweredTransfer[]
  readonly broken: readonly Broken[]
  readonly accounts: ReadonlyMap<bigint, AccountRecord>
}

/**
 * Tells what an operator has to know: what was forced or could not be booked, and what does not fit. Whoever trades with
 * an account that the ledger has frozen or closed is stopped in the market, too.
 */
export async function tellUnusual(unit: Unit, market: MarketRecord, round: Round): Promise<void> {
  for (const [i, movement] of round.movements.entries()) tellMovement(unit, market, movement, round.booked[i])
  for (const transfer of round.transfers) tellTransfer(unit, market, transfer)
  if (round.broken.length > 0) tellBroken(unit, market, round.broken)
  await stopBlocked(unit, market, round)
}

/** Something between ledger and engine does not fit. */
export function tellBroken(unit: Unit, market: MarketRecord, findings: readonly unknown[]): void {
  unit.emit({
    type: 'exchange.books.broken',
    subject: market.code,
    data: { market: market.code, findings: [...findings] },
  })
}

function tellMovement(
  unit: Unit,
  market: MarketRecord,
  { reference }: Movement,
  booked: BookedMovement | undefined,
): void {
  if (booked === undefined || booked.refusal === undefined) return
  unit.emit({
    type: `exchange.settlement.${booked.status}`,
    subject: reference,
    data: {
      market: market.code,
      reference,
      transaction: booked.transaction ?? null,
      refusal: { ...booked.refusal },
    },
  })
}

function tellTransfer(unit: Unit, market: MarketRecord, transfer: AnsweredTransfer): void {
  const { id, kind, reason } = transfer
  if (reason === 0) return
  unit.emit({
    type: 'exchange.transfer.refused',
    subject: id,
    data: { market: market.code, transfer: id, kind, reason: nameOf(reason) },
  })
}

/** Orders of an account that may not pay or receive any more would only make more of the same. */
async function stopBlocked(unit: Unit, market: MarketRecord, { settled, accounts }: Round): Promise<void> {
  const blocked = settled.flatMap(({ refusal, buyer, seller }) => {
    if (refusal?.code !== 'account_frozen' && refusal?.code !== 'account_closed') return []
    return [buyer, seller].filter((number) =>
      Object.values(placesOf(market, known(accounts, number))).some((place) => place === refusal.account),
    )
  })
  await enqueue(
    unit,
    market,
    [...new Set(blocked)].map((account) => ({
      words: kill({ time: 0, account, on: true, cancel: true }),
      account,
    })),
  )
}

export function nameOf(reason: number): string {
  return Object.entries(reasons).find(([, number]) => number === reason)?.[0] ?? String(reason)
}
