/**
 * Why money was refused. Codes are stable: callers branch on them, messages are for people.
 *
 * - `amount_*`: the amount itself (its text, its size, its sign).
 * - `asset_*`: the asset, or two assets that do not belong together.
 * - `rate_*`: an exchange rate that cannot be used as asked.
 */
export type MoneyErrorCode =
  | 'amount_not_text'
  | 'amount_malformed'
  | 'amount_too_many_decimals'
  | 'amount_out_of_range'
  | 'amount_negative'
  | 'amount_not_bigint'
  | 'asset_unknown'
  | 'asset_malformed'
  | 'asset_mismatch'
  | 'asset_duplicate'
  | 'exponent_missing'
  | 'exponent_fixed'
  | 'exponent_out_of_range'
  | 'rational_malformed'
  | 'division_by_zero'
  | 'rounding_unknown'
  | 'weights_invalid'
  | 'parts_invalid'
  | 'rate_malformed'
  | 'rate_direction'
  | 'rate_not_yet_valid'
  | 'rate_expired'
  | 'fee_bounds_invalid'
  | 'locale_unknown'
  | 'money_malformed'
  | 'money_not_primitive'

/**
 * The one error this package throws on purpose.
 *
 * Messages say what was wrong and what to do. They never quote a whole input: what arrives in an amount
 * field may be a card number or a name, and error texts end up in logs.
 */
export class MoneyError extends Error {
  readonly code: MoneyErrorCode

  constructor(code: MoneyErrorCode, message: string) {
    super(message)
    this.name = 'MoneyError'
    this.code = code
  }
}

/** Names one character safely and unmistakably: look-alikes and blanks show as their code point. */
export function nameCharacter(codePoint: number): string {
  const hex = codePoint.toString(16).toUpperCase().padStart(4, '0')
  const printable = codePoint > 0x20 && codePoint < 0x7f
  return printable ? `"${String.fromCodePoint(codePoint)}" (U+${hex})` : `U+${hex}`
}
