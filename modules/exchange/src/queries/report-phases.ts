import { csv, defineList, integerKey, type View } from '@florin/kernel'
import { Type } from 'typebox'
import { Identities } from '../records/identities.ts'
import { phaseFields, phaseRecordOf } from '../records/rts24.ts'
import { MarketCode, strict } from '../schemas.ts'
import { findInstrument } from '../store/instruments.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { type StoredPhase, storedPhases } from '../store/order-records.ts'
import { Sequence } from '../wire/schemas.ts'
import { type DaySpan, dayInput, dayOf } from './days.ts'

const eventFields = {
  seq: { ...Sequence, description: 'Number of the command in the market’s journal' },
  place: Type.Integer({ description: 'Among the records of the command, from 0' }),
  clock: Type.String({ description: 'What gave the time' }),
  kind: Type.Enum(['phase', 'uncrossed', 'indicative'], {
    description: 'A phase that began, the end of an auction, or what it would have come to',
  }),
}

const PhaseRecord = strict(
  {
    ...eventFields,
    fields: Type.Object(
      Object.fromEntries(
        Object.keys(phaseFields).map((name) => [name, Type.Union([Type.String(), Type.Null()])]),
      ),
      {
        title: 'PhaseRecordFields',
        additionalProperties: false,
        description: 'By their numbers in the annex of Delegated Regulation (EU) 2017/580, table 2',
      },
    ),
  },
  { title: 'PhaseRecord' },
)

const mostRows = 1_000_000

export const reportPhases = defineList({
  name: 'exchange.report.phases',
  summary: 'List the trading phases and indications of a day, in the fields of MiFID II RTS 24',
  description:
    'Section K with the fields that article 13 wants with it. As CSV the last four columns are ours.',
  http: { method: 'GET', path: '/v1/exchange/markets/{market}/reports/phases' },
  input: strict({ market: MarketCode, day: dayInput }),
  item: PhaseRecord,
  permission: 'exchange.report.phases',
  refusals: ['market_not_found'],
  example: { after: ['exchange.market.open'], input: { market: 'USDC-EUR' } },
  async page(view, input, page) {
    const market = await findMarket(view.db, input.market)
    const [seq, place] = [integerKey(page, 0), integerKey(page, 1)]
    const after = seq === undefined ? {} : { after: { seq: Number(seq), place: Number(place ?? 0) } }
    const records = await recordsOf(view, market, { ...dayOf(view, input.day), ...after, limit: page.fetch })
    return { rows: records.map((item) => ({ item, key: [String(item.seq), String(item.place)] })) }
  },
  formats: [
    {
      mediaType: 'text/csv; charset=utf-8',
      async *write(view, input) {
        const market = await findMarket(view.db, input.market)
        const records = await recordsOf(view, market, { ...dayOf(view, input.day), limit: mostRows })
        const header = [...Object.keys(phaseFields), ...Object.keys(eventFields)]
        yield* csv(
          header,
          records.map(({ fields, ...ours }) => [...Object.values(fields), ...Object.values(ours)]),
        )
      },
    },
  ],
})

type Wanted = Pick<DaySpan, 'from_us' | 'until_us'> & Parameters<typeof storedPhases>[2]

async function recordsOf(view: View, market: MarketRecord, wanted: Wanted) {
  const instrument = await findInstrument(view.db, market.instrument)
  const identities = await Identities.read(view.db, market.code, [], [])
  const stored = await storedPhases(view.db, market.id, wanted)
  return stored.map(({ event, clock }: StoredPhase) => {
    const venue = identities.venueAt(market.code, event.at_us)
    const { seq, place, kind } = event
    return { seq, place, clock, kind, fields: phaseRecordOf(event, { market, instrument, venue }) }
  })
}
