import { csv, defineQuery, type View } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import type { OrderEvent } from '../records/order-event.ts'
import { whoWasBehind } from '../records/people.ts'
import { type ReportedSide, transactionFields, transactionRowOf } from '../records/rts22.ts'
import { MarketCode, strict } from '../schemas.ts'
import { amendmentsBetween } from '../store/amendments.ts'
import { findInstrument } from '../store/instruments.ts'
import { findMarket } from '../store/markets.ts'
import { executionsBetween, executionsOf } from '../store/order-records.ts'
import { Day, type DaySpan, dayInput, dayOf } from './days.ts'

const input = strict({ market: MarketCode, day: dayInput })

const Row = Type.Object(
  Object.fromEntries(
    Object.keys(transactionFields).map((name) => [name, Type.Union([Type.String(), Type.Null()])]),
  ),
  { title: 'TransactionReportRow', additionalProperties: false },
)

export const reportTransactions = defineQuery({
  name: 'exchange.report.transactions',
  summary: 'Report the transactions of a day in the fields of MiFID II RTS 22',
  description:
    'A row for each side of each trade, by the numbers of annex I of Delegated Regulation (EU) 2017/590, table 2. A trade that was bust or corrected on the day is cancelled by a row, and reported anew if it was corrected. What was registered by the `identify` commands counts as of the time at which the order came. Persons are opaque ids.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/reports/transactions' },
  input,
  output: strict({ market: MarketCode, day: Day, rows: Type.Array(Row) }),
  permission: 'exchange.report.transactions',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async run(view, given) {
    const span = dayOf(view, given.day)
    return { market: given.market, day: span.day, rows: await rowsOf(view, given, span) }
  },
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, given) {
        const rows = await rowsOf(view, given, dayOf(view, given.day))
        yield* csv(
          Object.keys(transactionFields),
          rows.map((row) => Object.values(row)),
        )
      },
    },
  ],
})

async function rowsOf(view: View, given: Static<typeof input>, span: DaySpan) {
  const market = await findMarket(view.db, given.market)
  const instrument = await findInstrument(view.db, market.instrument)
  const traded = await executionsBetween(view.db, market.id, span.from_us, span.until_us)
  const amended = await amendmentsBetween(view.db, market.id, span.from_us, span.until_us)
  const amendedTrades = await executionsOf(
    view.db,
    market.id,
    amended.map(({ trade }) => BigInt(trade)),
  )
  const behind = await whoWasBehind(view, market, [...traded, ...amendedTrades])
  const sideOf = (own: OrderEvent, more: Pick<ReportedSide, 'status' | 'version'>): ReportedSide => {
    const parties = behind(own)?.parties
    if (parties === undefined) throw new Error(`Trade ${own.execution?.trade} has a side without an account`)
    return { market, instrument, own, parties, price: own.execution?.price ?? 0, quantity: own.lots, ...more }
  }
  const reported = traded.map((own) => sideOf(own, { status: 'NEWT', version: 0 }))
  for (const { trade, version, kind, price, quantity } of amended) {
    const both = amendedTrades.filter(({ execution }) => execution?.trade === trade)
    for (const own of both) reported.push(sideOf(own, { status: 'CANC', version: version - 1 }))
    if (kind === 'correction')
      for (const own of both) reported.push({ ...sideOf(own, { status: 'NEWT', version }), price, quantity })
  }
  return reported.map(transactionRowOf)
}
