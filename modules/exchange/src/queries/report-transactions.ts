import { csv, defineQuery, type View } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import type { OrderEvent } from '../records/order-event.ts'
import { type ReportedSide, transactionFields, transactionRowOf } from '../records/rts22.ts'
import { isSell } from '../records/rts24.ts'
import { MarketCode, strict } from '../schemas.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
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
    'A row for each side of each trade, by the numbers of annex I of Delegated Regulation (EU) 2017/590, table 2. A trade that was bust or corrected on the day is cancelled by a row, and reported anew if it was corrected. Persons are opaque ids.',
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
  const accounts = await accountsById(view.db, [
    ...new Set([...traded, ...amendedTrades].map(({ account }) => BigInt(account))),
  ])
  const sides = (events: readonly OrderEvent[]) => sidesOf(events, accounts)
  const reported: ReportedSide[] = sides(traded).map((side) => ({
    ...side,
    market,
    instrument,
    status: 'NEWT',
    version: 0,
  }))
  for (const { trade, version, kind, price, quantity, before } of amended) {
    const both = sides(amendedTrades.filter(({ execution }) => execution?.trade === trade))
    for (const side of both)
      reported.push({ ...side, market, instrument, status: 'CANC', version: version - 1, ...(before ?? {}) })
    if (kind === 'correction')
      for (const side of both)
        reported.push({ ...side, market, instrument, status: 'NEWT', version, price, quantity })
  }
  return reported.map(transactionRowOf)
}

type Side = Pick<ReportedSide, 'own' | 'account' | 'other' | 'price' | 'quantity'>

/** Both sides of each trade, each with the other one's account. */
function sidesOf(events: readonly OrderEvent[], accounts: ReadonlyMap<bigint, AccountRecord>): Side[] {
  const byTrade = Map.groupBy(events, ({ execution }) => execution?.trade ?? 0)
  return [...byTrade.values()].flatMap((pair) =>
    pair.map((own) => {
      const other = pair.find((event) => isSell(event.flags) !== isSell(own.flags))
      const [account, otherAccount] = [own, other].map((event) => accounts.get(BigInt(event?.account ?? 0)))
      if (account === undefined || otherAccount === undefined)
        throw new Error(`Trade ${own.execution?.trade} has a side without an account`)
      return {
        own,
        account,
        other: otherAccount,
        price: own.execution?.price ?? 0,
        quantity: own.lots,
      }
    }),
  )
}
