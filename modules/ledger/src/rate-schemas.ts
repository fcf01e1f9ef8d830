import { NullableTime, Time } from '@florin/kernel'
import { type Rate, ROUNDING_MODES } from '@florin/money'
import { Type } from 'typebox'
import { exactText, quotesBehind } from './domain/rates.ts'
import { AssetCode, strict } from './schemas.ts'
import type { RateRow } from './store/rates.ts'

export const SourceName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._:-]{0,62}$',
  description: 'Who says so, such as `ecb`: lower-case letters, digits and `.`, `_`, `:`, `-`',
})

export const RateValue = Type.String({
  pattern: '^(?!0+(\\.0*)?$)((0|[1-9][0-9]{0,35})(\\.[0-9]{1,36})?|[1-9][0-9]{0,71}/[1-9][0-9]{0,71})$',
  description:
    'Units of quote for one of base, above zero: a decimal such as `1.0845` or a fraction such as `1/3`',
})

const ExactNumber = Type.String({
  pattern: '^-?[0-9]+(\\.[0-9]+|/[0-9]+)?$',
  description: 'Exact: a decimal where it has one, else a fraction',
})

export const Rounding = Type.Enum([...ROUNDING_MODES], {
  description: 'How a value between two minor units becomes one of them; there is no default',
})

/** Of minor units: what rounding left over. */
export const Residue = Type.String({
  pattern: '^-?[0-9]+(\\.[0-9]+|/[0-9]+)?$',
  description: 'Exact value minus the shown one, in minor units',
})

/** How a rate is to be found; part of the input of whatever needs one. */
export const rateTerms = {
  source: SourceName,
  max_age_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 3_153_600_000,
      description: 'A rate quoted earlier is as good as none',
    }),
  ),
  via: Type.Optional(
    Type.String({
      ...AssetCode,
      description:
        'The asset to cross through where the source quotes no rate straight from the one to the other',
    }),
  ),
  inverse: Type.Optional(
    Type.Boolean({ description: 'Turn a rate round, exactly, where the source quotes only the other way' }),
  ),
}

export const RateView = strict(
  {
    source: SourceName,
    base: AssetCode,
    quote: AssetCode,
    rate: RateValue,
    time: Time,
    valid_until: NullableTime,
    revision: Type.Integer({
      minimum: 1,
      description: 'Above 1: corrects the one before; the highest counts',
    }),
    reason: Type.Union([Type.String(), Type.Null()]),
    recorded_at: Time,
    recorded_by: Type.String(),
  },
  { title: 'ReferenceRate' },
)

export const UsedRate = strict(
  {
    base: AssetCode,
    quote: AssetCode,
    rate: ExactNumber,
    derivation: Type.Enum(['quoted', 'inverse', 'cross']),
    source: SourceName,
    time: Time,
    quotes: Type.Array(strict({ base: AssetCode, quote: AssetCode, rate: ExactNumber, time: Time }), {
      description: 'What was quoted, and when; more than one where rates were crossed',
    }),
  },
  {
    title: 'UsedRate',
    description: 'A rate as it was used: units of quote for one of base, and where it comes from',
  },
)

export function rateView(row: RateRow) {
  return {
    source: row.source,
    base: row.base,
    quote: row.quote,
    rate: row.rate,
    time: row.time.toISOString(),
    valid_until: row.valid_until?.toISOString() ?? null,
    revision: row.revision,
    reason: row.reason,
    recorded_at: row.recorded_at.toISOString(),
    recorded_by: row.recorded_by,
  }
}

export function usedRate(source: string, rate: Rate) {
  return {
    base: rate.base.code,
    quote: rate.quote.code,
    rate: exactText(rate.value),
    derivation: rate.derivation,
    source,
    time: new Date(rate.timeMs).toISOString(),
    quotes: quotesBehind(rate).map((quote) => ({
      base: quote.base.code,
      quote: quote.quote.code,
      rate: exactText(quote.value),
      time: new Date(quote.timeMs).toISOString(),
    })),
  }
}

export interface RateTermsInput {
  readonly source: string
  readonly max_age_seconds?: number | undefined
  readonly via?: string | undefined
  readonly inverse?: boolean | undefined
}

/** The terms as they are sent, read. */
export function termsOf(input: RateTermsInput, at: number) {
  return {
    source: input.source,
    at,
    maxAgeMs: input.max_age_seconds === undefined ? undefined : input.max_age_seconds * 1_000,
    via: input.via,
    inverse: input.inverse === true,
  }
}
