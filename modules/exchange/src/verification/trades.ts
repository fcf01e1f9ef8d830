import type { Finding, View } from '@florin/kernel'
import { type Movement, readMovements } from '@florin/ledger'
import { formatDecimal, MAX_EXPONENT, parseDecimal } from '@florin/money'
import type { Trade, TradePosting } from '../domain/trades.ts'
import { priceTrades } from '../settlement/pricing.ts'
import { tradeMovement } from '../settlement/settle.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import { type Amendment, lastAmendments } from '../store/amendments.ts'
import type { MarketRecord } from '../store/markets.ts'
import { type PricedTrade, type Settlement, settlementsOf } from '../store/settlements.ts'

/** What is known of trades besides the journal that they were read from. */
interface Known {
  readonly settlements: ReadonlyMap<number, Settlement>
  readonly amendments: ReadonlyMap<number, Amendment>
  readonly movements: ReadonlyMap<string, Movement>
  readonly accounts: ReadonlyMap<bigint, AccountRecord>
}

/** What does not fit between trades of the journal, what settlement wrote of them, and the ledger. */
export async function checkTrades(
  view: View,
  market: MarketRecord,
  trades: readonly Trade[],
): Promise<Finding[]> {
  if (trades.length === 0) return []
  const numbers = trades.map(({ number }) => number)
  const settlements = await settlementsOf(view.db, market.id, numbers)
  const transactions = [...settlements.values()].flatMap(({ transaction }) => transaction ?? [])
  const known = {
    settlements,
    amendments: await lastAmendments(view.db, market.id, numbers),
    movements: await readMovements(view, market.ledger, transactions),
    accounts: await accountsById(view.db, [
      ...new Set(trades.flatMap(({ buyer, seller }) => [BigInt(buyer), BigInt(seller)])),
    ]),
  }
  const priced = await priceTrades(view, market, trades)
  return priced.flatMap((trade) => checkTrade(market, trade, known))
}

function checkTrade(market: MarketRecord, trade: PricedTrade, known: Known): Finding[] {
  const subject = `${market.code}/${trade.number}`
  const settlement = known.settlements.get(trade.number)
  if (settlement === undefined) return [finding(subject, 'a settlement', 'none')]
  const written = textOf(settlement)
  if (written !== textOf(trade)) return [finding(subject, textOf(trade), written)]
  return checkMovement(market, settlement, known).map(({ expected, found }) =>
    finding(subject, expected, found),
  )
}

/** That the trade's transaction moves what the trade, as it counts now, has to move. */
function checkMovement(
  market: MarketRecord,
  settlement: Settlement,
  { amendments, movements, accounts }: Known,
): { expected: string; found: string }[] {
  const amendment = amendments.get(settlement.number)
  const { postings } = tradeMovement(market, { ...settlement, ...amendment }, accounts)
  const moved = settlement.transaction === undefined ? undefined : movements.get(settlement.transaction)
  if (moved === undefined)
    return postings.length === 0 ? [] : [{ expected: 'a transaction', found: settlement.status }]
  const isBust = amendment?.kind === 'bust'
  if (moved.reversed !== isBust)
    return [{ expected: isBust ? 'reversed' : 'not reversed', found: isBust ? 'not reversed' : 'reversed' }]
  if (isBust) return []
  const expected = netOf(postings)
  const found = netOf(moved.moves)
  return expected === found ? [] : [{ expected, found }]
}

/** What postings come to on each account, as one text. */
function netOf(postings: readonly TradePosting[]): string {
  const net = new Map<string, bigint>()
  const add = (address: string, asset: string, amount: bigint): void => {
    const place = `${address} ${asset}`
    net.set(place, (net.get(place) ?? 0n) + amount)
  }
  for (const { debit, credit, asset, amount } of postings) {
    const minor = parseDecimal(amount, MAX_EXPONENT)
    add(debit, asset, -minor)
    add(credit, asset, minor)
  }
  return [...net]
    .filter(([, amount]) => amount !== 0n)
    .map(([place, amount]) => `${place} ${formatDecimal(amount, MAX_EXPONENT).replace(/\.?0+$/, '')}`)
    .sort()
    .join(', ')
}

/** Everything of a trade that its settlement repeats, as one text. */
function textOf(trade: PricedTrade): string {
  const { seq, timeUs, price, quantity, buyer, seller, resting, buyerFee, sellerFee, due } = trade
  return `command ${seq} at ${timeUs}: ${buyer} buys ${quantity} of ${seller} at ${price}, rested: ${resting}, fees ${buyerFee} and ${sellerFee}, due ${due}`
}

function finding(subject: string, expected: string, found: string): Finding {
  return { check: 'exchange.trades', subject, expected, found }
}
