import type { Unit } from '@florin/kernel'
import { bookOrders, type UnitOrder } from '@florin/ledger'
import { formatDecimal } from '@florin/money'
import type { Engine } from '@florin/orderbook'
import { lowerBlocks, openBlocks } from '../store/holds.ts'
import type { MarketRecord } from '../store/markets.ts'
import { pendingTransfers } from '../store/transfers.ts'
import { backingOf } from './backing.ts'
import { cashOf } from './engine-state.ts'
import type { AnsweredTransfer } from './transfers.ts'

/** Something between ledger and engine that is not as it must be, in one sentence. */
export type Broken = string

/**
 * Releases what is no longer held for anything: buying power that trades used up or that was given back, and instruments
 * of deposits, which now move or come back. What is told is wrong, and stays so.
 */
export async function releaseHolds(
  unit: Unit,
  market: MarketRecord,
  engine: Engine,
  accounts: readonly number[],
  transfers: readonly AnsweredTransfer[],
): Promise<Broken[]> {
  const { lowered, missing } = await backingOfAll(unit, market, engine, accounts)
  const orders = [
    ...lowered.map(({ hold, by }): UnitOrder => {
      const amount = formatDecimal(by, market.quoteExponent)
      return { kind: 'release', key: `release/${hold}`, hold, amount, reference: market.code }
    }),
    ...transfers.flatMap(({ kind, hold }): UnitOrder[] =>
      kind === 'deposit' && hold !== undefined ? [{ kind: 'release', key: `release/${hold}`, hold }] : [],
    ),
  ]
  if (orders.length === 0) return missing
  await lowerBlocks(unit.db, lowered)
  const outcomes = await bookOrders(unit, market.ledger, orders)
  return [
    ...missing,
    ...outcomes.flatMap((outcome) => ('refused' in outcome ? [outcome.refused.message] : [])),
  ]
}

async function backingOfAll(
  unit: Unit,
  market: MarketRecord,
  engine: Engine,
  accounts: readonly number[],
): Promise<{ lowered: { hold: string; by: bigint }[]; missing: Broken[] }> {
  const blocks = Map.groupBy(await openBlocks(unit.db, market.id, accounts), ({ account }) => account)
  const pending = Map.groupBy(await pendingTransfers(unit.db, market.id, accounts), ({ account }) => account)
  const lowered: { hold: string; by: bigint }[] = []
  const missing: Broken[] = []
  for (const account of accounts) {
    const allocated = (pending.get(account) ?? [])
      .filter(({ kind }) => kind === 'allocate')
      .reduce((sum, { amount }) => sum + amount, 0n)
    const backing = backingOf(market, blocks.get(account) ?? [], allocated, cashOf(engine, account))
    lowered.push(...backing.releases)
    if (backing.missing > 0n)
      missing.push(
        `Nothing is held for ${formatDecimal(backing.missing, market.quoteExponent)} ${market.quote} of the buying power of account ${account}`,
      )
  }
  return { lowered, missing }
}
