import { defineCommand, Refusal, Time } from '@florin/kernel'
import { findAssets } from '@florin/ledger'
import { Type } from 'typebox'
import { AssetCode, strict } from '../schemas.ts'
import { type InstrumentRecord, insertInstrument } from '../store/instruments.ts'
import { Cfi, checkIdentifiers, Isin } from './identification-schemas.ts'

export const InstrumentView = strict(
  {
    instrument: AssetCode,
    exponent: Type.Integer({ minimum: 0, maximum: 36, description: 'Decimals of a quantity' }),
    name: Type.Union([Type.String(), Type.Null()]),
    isin: Type.Union([Isin, Type.Null()]),
    cfi: Type.Union([Cfi, Type.Null()]),
    defined_at: Time,
    defined_by: Type.String(),
  },
  { title: 'Instrument' },
)

export const defineInstrument = defineCommand({
  name: 'exchange.instrument.define',
  summary: 'Define what can be traded: an asset of the ledger',
  http: { method: 'POST', path: '/v1/exchange/instruments' },
  input: strict({
    instrument: AssetCode,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    isin: Type.Optional(Isin),
    cfi: Type.Optional(Cfi),
  }),
  output: InstrumentView,
  permission: 'exchange.instrument.define',
  refusals: ['identifier_invalid', 'instrument_asset_unknown', 'instrument_exists'],
  example: {
    after: ['ledger.asset.register'],
    input: {
      instrument: 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
      name: 'USD Coin on Ethereum',
      cfi: 'TTXXXX',
    },
    refused: { instrument_asset_unknown: { instrument: 'ACME' } },
  },
  async run(unit, input) {
    checkIdentifiers(input)
    const asset = (await findAssets(unit.db, [input.instrument])).get(input.instrument)
    if (asset === undefined)
      throw new Refusal('instrument_asset_unknown', `The ledger knows no asset "${input.instrument}"`, {
        instrument: input.instrument,
      })
    const record: InstrumentRecord = {
      code: asset.code,
      exponent: asset.exponent,
      name: input.name ?? null,
      isin: input.isin ?? null,
      cfi: input.cfi ?? null,
      defined_at: new Date(unit.clock.now()),
      defined_by: unit.context.actor.id,
    }
    if (!(await insertInstrument(unit.db, record)))
      throw new Refusal('instrument_exists', `The instrument ${asset.code} is defined already`, {
        instrument: asset.code,
      })
    const view = instrumentView(record)
    unit.changed({ subject: asset.code, before: null, after: view })
    return view
  },
})

export function instrumentView({ code, defined_at, ...rest }: InstrumentRecord) {
  return { instrument: code, ...rest, defined_at: defined_at.toISOString() }
}
