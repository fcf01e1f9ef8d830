/** Amounts, assets, rounding, allocation and rates: pure, exact, without dependencies. */

export { allocate, integerWeights, split } from './allocate.ts'
export {
  type Asset,
  type AssetKind,
  type AssetLookup,
  assetLookup,
  findIsoAsset,
  instrumentAsset,
  isoAsset,
  sameAsset,
  tokenAsset,
} from './asset.ts'
export { type Caip19, canonicalCaip19, findCaip19, parseCaip19 } from './caip19.ts'
export { AMOUNT_LIMIT, formatDecimal, MAX_EXPONENT, parseDecimal } from './decimal.ts'
export { type DisplayOptions, displayAmount } from './display.ts'
export { MoneyError, type MoneyErrorCode } from './errors.ts'
export { type FeeTerms, fee } from './fee.ts'
export { ISO_4217_AMENDMENT, ISO_4217_PUBLISHED } from './iso4217.generated.ts'
export {
  findIso4217,
  findIso4217Numeric,
  ISO_4217_CURRENCIES,
  type Iso4217Code,
  type Iso4217Currency,
} from './iso4217.ts'
export { type MoneyJson, moneyFromJson, moneyToJson } from './json.ts'
export { parseLocalised } from './localised.ts'
export {
  abs,
  add,
  checkSameAsset,
  compare,
  equals,
  formatMoney,
  isNegative,
  isPositive,
  isZero,
  type Money,
  max,
  min,
  money,
  negate,
  parseMoney,
  subtract,
  sum,
  zero,
} from './money.ts'
export {
  convert,
  crossRate,
  inverseRate,
  type QuotedRate,
  quotedRate,
  type Rate,
  type RateDerivation,
} from './rate.ts'
export { Rational } from './rational.ts'
export { ROUNDING_MODES, type RoundingMode, roundQuotient } from './rounding.ts'
export { basisPoints, divide, multiply, percentage, type Rounded, ratio, times } from './scale.ts'
