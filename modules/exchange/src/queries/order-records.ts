import { csv, defineList, defineQuery, integerKey, type View } from '@florin/kernel'
import { Type } from 'typebox'
import { readOrderId } from '../domain/order-id.ts'
import { whoWasBehind } from '../records/people.ts'
import { orderFields, orderRecordOf } from '../records/rts24.ts'
import { MarketCode, strict } from '../schemas.ts'
import { findInstrument } from '../store/instruments.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { type StoredEvent, storedEvents } from '../store/order-records.ts'
import { OrderId } from '../wire/orders.ts'
import { Sequence } from '../wire/schemas.ts'
import { dayInput, dayOf } from './days.ts'

const eventFields = {
  seq: { ...Sequence, description: 'Number of the command in the market’s journal' },
  place: Type.Integer({ description: 'Among the events of the command, from 0' }),
  clock: Type.String({ description: 'What gave the time' }),
  account: Type.Union([Type.String(), Type.Null()], {
    description: 'Whose the order is; null: of nobody known',
  }),
  participant: Type.Union([Type.String(), Type.Null()], { description: 'The member whose account it is' }),
  session: Type.Union([Type.String(), Type.Null()], {
    description: 'Through which it came; null: without one',
  }),
}

const EventRecord = strict(
  {
    ...eventFields,
    fields: Type.Object(
      Object.fromEntries(
        Object.keys(orderFields).map((name) => [name, Type.Union([Type.String(), Type.Null()])]),
      ),
      {
        title: 'OrderRecordFields',
        additionalProperties: false,
        description:
          'By their numbers in the annex of Delegated Regulation (EU) 2017/580, table 2; null: not applicable, or not known to the market',
      },
    ),
  },
  { title: 'OrderRecord' },
)

/** Of one order; an iceberg has an event for each part that it shows. */
const mostEvents = 1_000_000

export const orderLife = defineQuery({
  name: 'exchange.order.life',
  summary: 'Show every event of an order, from its entry to its end',
  description:
    'As it was recorded for regulators; nothing where nothing is recorded. The last moments may not be recorded yet.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/orders/{order_id}/life' },
  input: strict({ market: MarketCode, order_id: OrderId }),
  output: strict({ market: MarketCode, order_id: OrderId, events: Type.Array(EventRecord) }),
  permission: 'exchange.order.life',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR', order_id: '4194305' } },
  async run(view, input) {
    const market = await findMarket(view.db, input.market)
    const known = readOrderId(input.order_id) !== undefined
    const filter = { orderId: Number(input.order_id), limit: mostEvents }
    const events = known ? await storedEvents(view.db, market.id, filter) : []
    return { ...input, events: await recordsOf(view, market, events) }
  },
})

const reportInput = strict({ market: MarketCode, day: dayInput })

export const reportOrders = defineList({
  name: 'exchange.report.orders',
  summary: 'List every event of every order of a day, in the fields of MiFID II RTS 24',
  description:
    'What was registered by the `identify` commands counts as of the time at which the order came. Persons are opaque ids. As CSV the header names the fields by their numbers; the last six columns are ours.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/reports/orders' },
  input: reportInput,
  item: EventRecord,
  permission: 'exchange.report.orders',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const [seq, place] = [integerKey(page, 0), integerKey(page, 1)]
    const after = seq === undefined ? {} : { after: { seq: Number(seq), place: Number(place ?? 0) } }
    const filter = { ...dayOf(view, input.day), ...after, limit: page.fetch }
    const records = await recordsOf(view, market, await storedEvents(view.db, market.id, filter))
    return {
      rows: records.map((item) => ({ item, key: [String(item.seq), String(item.place)] })),
    }
  },
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, input) {
        const market = await findMarket(view.db, input.market)
        const header = [...Object.keys(orderFields), ...Object.keys(eventFields)]
        yield* csv(header, csvRows(view, market, dayOf(view, input.day)))
      },
    },
  ],
})

const rowsAtOnce = 2_000

async function* csvRows(view: View, market: MarketRecord, span: { from_us: number; until_us: number }) {
  let after: { seq: number; place: number } | undefined
  for (;;) {
    const filter = { ...span, ...(after === undefined ? {} : { after }), limit: rowsAtOnce }
    const records = await recordsOf(view, market, await storedEvents(view.db, market.id, filter))
    for (const { fields, ...ours } of records) yield [...Object.values(fields), ...Object.values(ours)]
    const last = records.at(-1)
    if (last === undefined || records.length < rowsAtOnce) return
    after = { seq: last.seq, place: last.place }
  }
}

async function recordsOf(view: View, market: MarketRecord, stored: readonly StoredEvent[]) {
  const instrument = await findInstrument(view.db, market.instrument)
  const behind = await whoWasBehind(
    view,
    market,
    stored.map(({ event }) => event),
  )
  return stored.map((one) => {
    const { seq, place } = one.event
    const { account, session, parties } = behind(one.event) ?? {}
    return {
      seq,
      place,
      clock: one.clock,
      account: account?.code ?? null,
      participant: account?.participant ?? null,
      session: session ?? null,
      fields: orderRecordOf(one, { market, instrument, parties }),
    }
  })
}
