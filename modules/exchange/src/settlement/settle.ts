import type { Unit } from '@florin/kernel'
import { lockBooks } from '@florin/ledger'
import type { Engine } from '@florin/orderbook'
import { tradePostings } from '../domain/trades.ts'
import { follow } from '../follower/follow.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import type { MarketRecord } from '../store/markets.ts'
import { insertSettlements, type PricedTrade } from '../store/settlements.ts'
import { endTransfers, transfersCarriedOut } from '../store/transfers.ts'
import { type BookedMovement, bookMovements, type Movement } from './booking.ts'
import { Collector } from './collector.ts'
import { releaseHolds } from './holds.ts'
import { known, placesOf, venueOf } from './places.ts'
import { noteTraded, priceTrades } from './pricing.ts'
import { tellUnusual } from './telling.ts'
import { topUp } from './top-up.ts'
import { type AnsweredTransfer, transferMovements } from './transfers.ts'

/** The reader of the journal that settles. */
export const settlementCursor = 'settlement'

export interface Settled {
  /** Commands read; 0: the journal ends where it ended before. */
  readonly commands: number
  readonly trades: number
  /** Movements that the ledger refused and that were forced. */
  readonly forced: number
  /** Movements that could not be booked at all. */
  readonly refused: number
  /** Number of the last command that is settled. */
  readonly upTo: number
}

/**
 * Settles what a market did since the last time: every trade becomes one ledger transaction, buying power that was used
 * is released from its holds, transfers come to their end, and accounts that run low get more buying power. All of it in
 * the unit that moves the cursor on, so exactly once.
 *
 * @param limit commands to read at most
 */
export async function settleMarket(unit: Unit, market: MarketRecord, limit: number): Promise<Settled> {
  const seen = new Collector()
  const { follower, read } = await follow(unit, market.id, settlementCursor, limit, seen.visit)
  if (read === 0) return { commands: 0, trades: 0, forced: 0, refused: 0, upTo: follower.seq }
  // From here on nobody reserves or gives back: what is read of holds and transfers belongs together.
  await lockBooks(unit, market.ledger)
  // First, since the fees of a day go by the days before it.
  await noteTraded(unit.db, market, seen.trades)
  const booked = await book(unit, market, follower.engine, {
    trades: await priceTrades(unit, market, seen.trades),
    transfers: await answeredTransfers(unit, market, seen),
  })
  await topUp(unit, market, follower.engine)
  const count = (status: string): number => booked.filter((one) => one.status === status).length
  return {
    commands: read,
    trades: seen.trades.length,
    forced: count('forced'),
    refused: count('refused'),
    upTo: follower.seq,
  }
}

/** What has to be booked of what was read. */
interface Work {
  readonly trades: readonly PricedTrade[]
  readonly transfers: readonly AnsweredTransfer[]
}

async function answeredTransfers(
  unit: Unit,
  market: MarketRecord,
  seen: Collector,
): Promise<AnsweredTransfer[]> {
  const carriedOut = await transfersCarriedOut(unit.db, market.id, [...seen.answers.keys()])
  const answered = carriedOut.map((transfer) => ({
    ...transfer,
    reason: seen.answers.get(transfer.seq) ?? 0,
  }))
  await endTransfers(unit.db, answered, unit.clock.now())
  return answered
}

async function book(
  unit: Unit,
  market: MarketRecord,
  engine: Engine,
  { trades, transfers }: Work,
): Promise<BookedMovement[]> {
  const numbers = new Set([
    ...trades.flatMap(({ buyer, seller }) => [buyer, seller]),
    ...transfers.map(({ account }) => account),
  ])
  const accounts = await accountsById(unit.db, [...numbers].map(BigInt))
  const broken = await releaseHolds(unit, market, engine, [...numbers], transfers)
  const movements = [
    ...trades.map((trade) => tradeMovement(market, trade, accounts)),
    ...transferMovements(market, transfers, accounts),
  ]
  const booked = await bookMovements(unit, market.ledger, movements)
  const settled = trades.map((trade, i) => ({ ...trade, ...outcomeOf(booked, i) }))
  await insertSettlements(unit.db, market.id, settled)
  await tellUnusual(unit, market, { movements, booked, settled, transfers, broken, accounts })
  return booked
}

/** What a trade moves in the ledger. `attempt` tells a later try from the first. */
export function tradeMovement(
  market: MarketRecord,
  trade: PricedTrade,
  accounts: ReadonlyMap<bigint, AccountRecord>,
  attempt = '',
): Movement {
  const buyer = placesOf(market, known(accounts, trade.buyer))
  const seller = placesOf(market, known(accounts, trade.seller))
  return {
    identity: `exchange/${market.code}/trade/${trade.number}${attempt}`,
    reference: `${market.code}/${trade.number}`,
    postings: tradePostings(
      venueOf(market),
      trade,
      { ...buyer, fee: trade.buyerFee },
      { ...seller, fee: trade.sellerFee },
    ),
    valueTime: Math.floor(trade.timeUs / 1_000),
  }
}

function outcomeOf(booked: readonly BookedMovement[], i: number): BookedMovement {
  const outcome = booked[i]
  if (outcome === undefined) throw new Error('A movement has no outcome')
  return outcome
}
