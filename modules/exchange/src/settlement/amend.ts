import { Refusal, type Unit } from '@florin/kernel'
import { bookOrders, lockBooks, type UnitOrder } from '@florin/ledger'
import { adjustPosition, type Side } from '@florin/orderbook'
import { amendFill } from '../history/amend.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import { type Amendment, insertAmendment, lastAmendments } from '../store/amendments.ts'
import { enqueue } from '../store/inbox.ts'
import type { MarketRecord } from '../store/markets.ts'
import { lockSettlement, type Settlement, updateSettlement } from '../store/settlements.ts'
import { insertTransfers, type Transfer } from '../store/transfers.ts'
import { tradeMovement } from './settle.ts'

/** A trade as it counts at present. */
export interface CountingTrade {
  readonly settlement: Settlement & { readonly transaction: string }
  readonly last: Pick<Amendment, 'version' | 'price' | 'quantity' | 'buyerFee' | 'sellerFee'>
}

/**
 * A settled trade, locked, as it counts at present.
 *
 * @throws Refusal `trade_not_settled`, `trade_bust`
 */
export async function lockTrade(unit: Unit, market: MarketRecord, number: number): Promise<CountingTrade> {
  await lockBooks(unit, market.ledger)
  const settlement = await lockSettlement(unit.db, market.id, number)
  const named = { market: market.code, trade: String(number) }
  if (settlement?.status === 'bust')
    throw new Refusal('trade_bust', `The trade ${number} of ${market.code} was bust`, named)
  if (settlement?.transaction === undefined)
    throw new Refusal(
      'trade_not_settled',
      `The trade ${number} of ${market.code} is not in the ledger`,
      named,
    )
  const amended = (await lastAmendments(unit.db, market.id, [number])).get(number)
  const { transaction } = settlement
  return { settlement: { ...settlement, transaction }, last: amended ?? { ...settlement, version: 0 } }
}

/** As if the trade had never been: its transaction is reversed, and the engine's positions go back. */
export async function bust(unit: Unit, market: MarketRecord, trade: CountingTrade): Promise<Amendment> {
  const { settlement } = trade
  const none = { price: trade.last.price, quantity: 0, buyerFee: 0n, sellerFee: 0n }
  const amendment = await amend(
    unit,
    market,
    trade,
    { kind: 'bust', ...none },
    {
      kind: 'reverse',
      key: 'bust',
      transaction: settlement.transaction,
    },
  )
  await updateSettlement(unit.db, market.id, { ...settlement, status: 'bust' })
  return amendment
}

/** What the trade should have been: the difference is booked, and the engine's positions follow. */
export async function correct(
  unit: Unit,
  market: MarketRecord,
  trade: CountingTrade,
  to: Pick<Amendment, 'price' | 'quantity' | 'buyerFee' | 'sellerFee'>,
): Promise<Amendment> {
  const { settlement } = trade
  const accounts = await partiesOf(unit, settlement)
  const { postings } = tradeMovement(market, { ...settlement, ...to }, accounts)
  return amend(
    unit,
    market,
    trade,
    { kind: 'correction', ...to },
    {
      kind: 'correct',
      key: 'correct',
      transaction: settlement.transaction,
      postings,
    },
  )
}

async function amend(
  unit: Unit,
  market: MarketRecord,
  { settlement, last }: CountingTrade,
  to: Omit<Amendment, 'trade' | 'version' | 'transaction'>,
  order: UnitOrder,
): Promise<Amendment> {
  const { reason } = unit.context
  if (reason === undefined) throw new Error('A trade is amended for a reason')
  // It is not the accounts' choice, so what they have spent since does not keep it from being booked.
  const reference = `${market.code}/${settlement.number}`
  const transaction = await book(unit, market, { ...order, reference, force: true })
  const amendment = {
    ...to,
    trade: settlement.number,
    version: last.version + 1,
    transaction,
  }
  const by = unit.context.actor.id
  await insertAmendment(unit.db, market.id, amendment, { reason, at: unit.clock.now(), by })
  await amendFill(unit, market.id, settlement.number, to.price, to.quantity)
  if (settlement.buyer !== settlement.seller)
    await adjustEngine(unit, market, [
      ...undone(settlement, last),
      ...(to.quantity === 0 ? [] : done(settlement, to)),
    ])
  return amendment
}

/** Who trades with oneself in an auction gains and loses nothing by another price. */
async function book(unit: Unit, market: MarketRecord, order: UnitOrder): Promise<string | undefined> {
  const [outcome] = await bookOrders(unit, market.ledger, [order])
  if (outcome === undefined) throw new Error('The amendment has no outcome')
  if (!('refused' in outcome)) return outcome.done.id
  if (outcome.refused.code === 'nothing_to_correct') return undefined
  throw outcome.refused
}

interface Adjustment {
  readonly account: number
  readonly side: Side
  readonly price: number
  readonly quantity: number
}

type Priced = Pick<Amendment, 'price' | 'quantity'>

function done({ buyer, seller }: Settlement, { price, quantity }: Priced): Adjustment[] {
  return [
    { account: buyer, side: 'buy', price, quantity },
    { account: seller, side: 'sell', price, quantity },
  ]
}

function undone({ buyer, seller }: Settlement, { price, quantity }: Priced): Adjustment[] {
  return [
    { account: buyer, side: 'sell', price, quantity },
    { account: seller, side: 'buy', price, quantity },
  ]
}

/** The ledger has it already, so the engine is not asked: it sells what open orders to sell need, too. */
async function adjustEngine(
  unit: Unit,
  market: MarketRecord,
  adjustments: readonly Adjustment[],
): Promise<void> {
  const inboxIds = await enqueue(
    unit,
    market,
    adjustments.map((adjustment) => ({
      words: adjustPosition({ time: 0, ...adjustment, forced: true }),
      account: adjustment.account,
    })),
  )
  const transfers = adjustments.map(({ account, side, quantity }, i): Transfer => {
    const inboxId = inboxIds[i]
    if (inboxId === undefined) throw new Error('A command was not queued')
    return {
      id: unit.newId(),
      account,
      kind: side === 'buy' ? 'bought' : 'sold',
      amount: BigInt(quantity) * market.lotUnits,
      hold: undefined,
      inboxId,
      requestedAt: unit.clock.now(),
      requestedBy: unit.context.actor.id,
    }
  })
  await insertTransfers(unit.db, market.id, transfers)
}

function partiesOf(unit: Unit, { buyer, seller }: Settlement): Promise<Map<bigint, AccountRecord>> {
  return accountsById(unit.db, [BigInt(buyer), BigInt(seller)])
}
