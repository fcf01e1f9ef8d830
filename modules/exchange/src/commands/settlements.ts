import { defineCommand, Refusal, Uuid } from '@florin/kernel'
import { dayOf, formatDay, lockBooks, settleTransactions } from '@florin/ledger'
import { Type } from 'typebox'
import { MarketCode, strict } from '../schemas.ts'
import { bookMovements } from '../settlement/booking.ts'
import { tradeMovement } from '../settlement/settle.ts'
import { accountsById } from '../store/accounts.ts'
import { findMarket } from '../store/markets.ts'
import {
  dueSettlements,
  lockSettlement,
  markSettled,
  type Settlement,
  updateSettlement,
} from '../store/settlements.ts'
import { exampleTrade, TradeNumber } from './amend-trade.ts'

export const SettlementState = Type.Enum(['booked', 'forced', 'refused', 'nothing', 'bust'], {
  description:
    'forced: the ledger refused it at first; refused: it is not in the ledger; nothing: it moved nothing; bust: it counts no more',
})

/** Trades whose settlement is recorded in one unit. */
const atOnce = 2_000

export const completeSettlements = defineCommand({
  name: 'exchange.settlement.complete',
  summary: 'Record that trades settled which are due by now',
  description:
    'Trades settle by book entry on their settlement day: the fact is recorded in the ledger with each one’s transaction. The background role `follower` does this by itself.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/settlements/complete' },
  input: strict({ market: MarketCode }),
  output: strict({ market: MarketCode, settled: Type.Integer() }, { title: 'CompletedSettlements' }),
  permission: 'exchange.settlement.complete',
  refusals: ['market_not_found', 'ledger_not_found'],
  example: { after: exampleTrade, at: '2026-02-10T12:00:00.000Z', input: { market: 'USDC-EUR' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    const now = unit.clock.now()
    const due = await dueSettlements(unit.db, market.id, formatDay(dayOf(now)), atOnce)
    const judged = await settleTransactions(
      unit,
      market.ledger,
      due.flatMap(({ transaction, due: day }) =>
        transaction === undefined
          ? []
          : [{ transaction, settled_at: new Date(now).toISOString(), reference: `${market.code} ${day}` }],
      ),
      false,
    )
    for (const outcome of judged) {
      // Whoever recorded it before may have known better when.
      if ('refused' in outcome && outcome.refused.code !== 'transaction_settled') throw outcome.refused
    }
    const trades = due.map(({ number }) => number)
    await markSettled(unit.db, market.id, trades, now)
    if (trades.length > 0)
      unit.changed({ subject: market.code, before: null, after: { settled: trades.length } })
    return { market: market.code, settled: trades.length }
  },
})

export const settleTrade = defineCommand({
  name: 'exchange.trade.settle',
  summary: 'Book a trade again that the ledger refused',
  description: 'What is booked already stays as it is.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/trades/{trade}/settle' },
  input: strict({ market: MarketCode, trade: TradeNumber }),
  output: strict(
    {
      market: MarketCode,
      trade: TradeNumber,
      status: SettlementState,
      transaction: Type.Union([Uuid, Type.Null()]),
    },
    { title: 'SettledTrade' },
  ),
  permission: 'exchange.trade.settle',
  refusals: ['market_not_found', 'ledger_not_found', 'trade_not_settled', 'trade_still_refused'],
  example: { after: exampleTrade, input: { market: 'USDC-EUR', trade: '1' } },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    await lockBooks(unit, market.ledger)
    const settlement = await lockSettlement(unit.db, market.id, Number(input.trade))
    const subject = `${market.code}/${input.trade}`
    if (settlement === undefined)
      throw new Refusal('trade_not_settled', `The trade ${subject} was not seen by settlement yet`, {
        trade: input.trade,
      })
    if (settlement.status !== 'refused') return settledView(market.code, settlement)
    const accounts = await accountsById(unit.db, [BigInt(settlement.buyer), BigInt(settlement.seller)])
    const again = tradeMovement(market, settlement, accounts, `/${unit.callId}`)
    const [booked] = await bookMovements(unit, market.ledger, [again])
    if (booked === undefined || booked.status === 'refused')
      throw new Refusal('trade_still_refused', booked?.refusal?.message ?? 'The ledger refuses it', {
        refusal: { ...booked?.refusal },
      })
    await updateSettlement(unit.db, market.id, { ...settlement, ...booked })
    const view = settledView(market.code, { ...settlement, ...booked })
    unit.changed({ subject, before: { status: 'refused' }, after: view })
    return view
  },
})

function settledView(market: string, { number, status, transaction }: Settlement) {
  return { market, trade: String(number), status, transaction: transaction ?? null }
}
