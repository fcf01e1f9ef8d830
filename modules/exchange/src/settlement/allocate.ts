import type { Refusal, Unit } from '@florin/kernel'
import { bookOrders } from '@florin/ledger'
import { formatDecimal } from '@florin/money'
import { setAccount } from '@florin/orderbook'
import { clearingAddress } from '../domain/addresses.ts'
import type { AccountRecord } from '../store/accounts.ts'
import { insertBlocks } from '../store/holds.ts'
import { enqueue } from '../store/inbox.ts'
import type { MarketRecord } from '../store/markets.ts'
import { insertTransfers, type Transfer } from '../store/transfers.ts'
import { placesOf } from './places.ts'

export interface Allocation {
  readonly account: AccountRecord
  /** Minor units of the quote, whole ticks x lots. */
  readonly amount: bigint
}

/**
 * Holds amounts on trading accounts and tells the engine of them, in one unit: no buying power is ever without a hold.
 * Each is made or refused on its own.
 */
export async function allocate(
  unit: Unit,
  market: MarketRecord,
  allocations: readonly Allocation[],
): Promise<(Transfer | Refusal)[]> {
  if (allocations.length === 0) return []
  const outcomes = await bookOrders(
    unit,
    market.ledger,
    allocations.map(({ account, amount }) => ({
      kind: 'reserve',
      key: `allocate/${account.id}`,
      debit: placesOf(market, account).trading,
      credit: clearingAddress(market.code),
      amount: formatDecimal(amount, market.quoteExponent),
      asset: market.quote,
      reference: `${market.code} buying power`,
    })),
  )
  const held = allocations.flatMap((allocation, i) => {
    const outcome = outcomes[i]
    return outcome === undefined || 'refused' in outcome ? [] : [{ ...allocation, hold: outcome.done.id }]
  })
  const transfers = await tellEngine(unit, market, held)
  return outcomes.map((outcome) => {
    if ('refused' in outcome) return outcome.refused
    const transfer = transfers.get(outcome.done.id)
    if (transfer === undefined) throw new Error('An allocation was not written')
    return transfer
  })
}

async function tellEngine(
  unit: Unit,
  market: MarketRecord,
  held: readonly (Allocation & { readonly hold: string })[],
): Promise<Map<string, Transfer>> {
  const inboxIds = await enqueue(
    unit,
    market,
    held.map(({ account, amount }) => ({
      words: setAccount({
        time: 0,
        account: Number(account.id),
        setting: 'cashChange',
        value: Number(amount / market.tickValue),
      }),
      account: Number(account.id),
    })),
  )
  const transfers = held.map(({ account, amount, hold }, i): Transfer => {
    const inboxId = inboxIds[i]
    if (inboxId === undefined) throw new Error('A command was not queued')
    return {
      // The hold's own id: from the call, so that a repeat of the call finds the same transfer.
      id: hold,
      account: Number(account.id),
      kind: 'allocate',
      amount,
      hold,
      inboxId,
      requestedAt: unit.clock.now(),
      requestedBy: unit.context.actor.id,
    }
  })
  await insertBlocks(
    unit.db,
    market.id,
    transfers.map(({ id, account, amount }) => ({ hold: id, account, remaining: amount })),
  )
  await insertTransfers(unit.db, market.id, transfers)
  return new Map(transfers.map((transfer) => [transfer.id, transfer]))
}
