import { defineCommand, Refusal, Time } from '@florin/kernel'
import {
  type Asset,
  canonicalCaip19,
  findCaip19,
  findIso4217,
  type Iso4217Code,
  instrumentAsset,
  isoAsset,
  MoneyError,
  tokenAsset,
} from '@florin/money'
import { Type } from 'typebox'
import { AssetCode, strict } from '../schemas.ts'
import { insertAsset } from '../store/assets.ts'

export const AssetView = strict(
  {
    code: AssetCode,
    kind: Type.Enum(['iso4217', 'caip19', 'instrument']),
    exponent: Type.Integer({ minimum: 0, maximum: 36, description: 'Decimals' }),
    name: Type.Union([Type.String(), Type.Null()]),
    registered_at: Type.Union([Time, Type.Null()], { description: 'null: known by ISO 4217' }),
  },
  { title: 'Asset' },
)

export const registerAsset = defineCommand({
  name: 'ledger.asset.register',
  summary: 'Register a token or an instrument',
  description:
    'A CAIP-19 id registers a token, any other code an instrument. ISO 4217 currencies are known already; those without a minor unit, such as XAU, can be registered with an exponent.',
  http: { method: 'POST', path: '/v1/assets' },
  input: strict({
    code: AssetCode,
    exponent: Type.Integer({ minimum: 0, maximum: 36, description: 'Decimals; never changes' }),
    name: Type.Optional(Type.String({ maxLength: 255 })),
  }),
  output: AssetView,
  permission: 'ledger.asset.register',
  refusals: ['asset_invalid', 'asset_exists'],
  example: {
    input: {
      code: 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
      exponent: 6,
      name: 'USD Coin on Ethereum',
    },
  },
  async run(unit, input) {
    const asset = assetOf(input.code, input.exponent, input.name)
    const now = unit.clock.now()
    if (!(await insertAsset(unit.db, asset, now))) {
      throw new Refusal('asset_exists', `The asset ${asset.code} is registered already`, {
        asset: asset.code,
      })
    }
    const { code, kind, exponent } = asset
    const view = {
      code,
      kind,
      exponent,
      name: asset.name ?? null,
      registered_at: new Date(now).toISOString(),
    }
    unit.changed({ subject: code, before: null, after: view })
    return view
  },
})

function isIso4217(code: string): code is Iso4217Code {
  return findIso4217(code) !== undefined
}

/** The asset that a code and its decimals describe. Throws `asset_invalid`. */
function assetOf(code: string, exponent: number, name: string | undefined): Asset {
  try {
    if (isIso4217(code)) return isoAsset(code, exponent)
    if (findCaip19(code) !== undefined) return tokenAsset(canonicalCaip19(code), exponent, name)
    return instrumentAsset(code, exponent, name)
  } catch (error) {
    if (error instanceof MoneyError)
      throw new Refusal('asset_invalid', `${code}: ${error.message}`, { asset: code })
    throw error
  }
}
