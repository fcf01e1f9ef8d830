import type { Asset } from './asset.ts'
import { parseDecimal } from './decimal.ts'
import { MoneyError } from './errors.ts'
import { formatExact, formatExactToParts, numberFormat } from './locale.ts'
import { Money } from './money.ts'

/** Room for 78 digits with a separator after each and a sign; no amount in range is longer. */
const MAX_TEXT_LENGTH = 200

/** Blanks that people type, and that locales print, between groups of digits: all stand for each other. */
const BLANKS = /[\u0020\u00a0\u2009\u202f]/g
/** The same for the apostrophe of Swiss grouping. */
const APOSTROPHES = /['\u2019]/g
/** Marks of writing direction that come with a sign in right-to-left locales; they carry no value. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f]/g
const PLAIN = /^(\d+)(?:\.(\d+))?$/

/** How a locale writes numbers. */
interface Notation {
  readonly digits: readonly string[]
  readonly group: string
  readonly decimal: string
  readonly minus: string
}

/**
 * Reads an amount as people of a locale write it: `1.234,50` in `de`, `12,34,567` in `en-IN`. The amount alone,
 * without a currency sign or code.
 *
 * Strict: either no groups at all or every group where the locale puts it; the locale's own digits only; a
 * leading minus (the locale's or ASCII); no leading zeros. What could be read two ways is refused: `1.23` in
 * `de` (a broken group, or somebody's decimal point) as much as `1,5` in `en`. Fewer decimals than the asset
 * has are fine, more are refused.
 *
 * @throws MoneyError `amount_not_text`, `amount_malformed`, `amount_too_many_decimals`, `amount_out_of_range`,
 *   `locale_unknown`
 */
export function parseLocalised<C extends string>(text: string, asset: Asset<C>, locale: string): Money<C> {
  if (typeof text !== 'string')
    throw new MoneyError('amount_not_text', 'A localised amount must be a string.')
  if (text.length > MAX_TEXT_LENGTH) throw new MoneyError('amount_out_of_range', 'The amount is too long.')
  const notation = notationOf(locale)
  const written = unify(text)
  const negative = written.startsWith('-') || written.startsWith(notation.minus)
  const unsigned = negative ? written.slice(written.startsWith('-') ? 1 : notation.minus.length) : written

  const plain = toPlain(unsigned, notation)
  const match = PLAIN.exec(plain)
  if (!match || !isWrittenLikeLocale(unsigned, plain, match[2]?.length ?? 0, locale)) throw malformed(locale)
  const minor = parseDecimal(plain, asset.exponent)
  return new Money(asset, negative ? -minor : minor)
}

/** The proof of strictness: what was written is exactly what the locale itself would write, grouped or not. */
function isWrittenLikeLocale(unsigned: string, plain: string, decimals: number, locale: string): boolean {
  const fraction = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  return [true, false].some((grouped) => {
    const useGrouping = grouped ? 'always' : false
    return unify(formatExact(numberFormat(locale, { useGrouping, ...fraction }), plain)) === unsigned
  })
}

/**
 * Drops groups and turns the locale's digits and decimal sign into plain ones. What is no part of the notation
 * stays in place, for the comparison with the locale's own writing to find.
 */
function toPlain(unsigned: string, { digits, group, decimal }: Notation): string {
  return Array.from(group === '' ? unsigned : unsigned.replaceAll(group, ''), (character) => {
    if (character === decimal) return '.'
    const digit = digits.indexOf(character)
    return digit === -1 ? character : String(digit)
  }).join('')
}

function notationOf(locale: string): Notation {
  const parts = formatExactToParts(numberFormat(locale, { useGrouping: 'always' }), '-1234567.5')
  const find = (type: Intl.NumberFormatPartTypes) =>
    unify(parts.find((part) => part.type === type)?.value ?? '')
  const digits = Array.from('0123456789', (digit) =>
    formatExact(numberFormat(locale, { useGrouping: false }), digit),
  )
  return { digits, group: find('group'), decimal: find('decimal'), minus: find('minusSign') }
}

function unify(text: string): string {
  return text.replace(DIRECTION_MARKS, '').replace(BLANKS, ' ').replace(APOSTROPHES, "'")
}

function malformed(locale: string): MoneyError {
  const example = formatExact(numberFormat(locale, { useGrouping: 'always' }), '1234567.5')
  return new MoneyError(
    'amount_malformed',
    `The amount is not written as ${locale} writes one: digits alone, or grouped such as ${example}.`,
  )
}
