import { MoneyError } from './errors.ts'

/** Formatters are dear to make and few are in use; past this many the cache starts afresh. */
const MAX_CACHED = 256
const cache = new Map<string, Intl.NumberFormat>()

/**
 * A number formatter for exactly this locale.
 *
 * @param locale BCP 47 tag. There is no default, and one that the runtime does not know is refused: both would
 *   make the result depend on the machine.
 * @throws MoneyError `locale_unknown`
 */
export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale} ${JSON.stringify(options)}`
  const cached = cache.get(key)
  if (cached) return cached
  checkLocale(locale)
  if (cache.size >= MAX_CACHED) cache.clear()
  const made = new Intl.NumberFormat(locale, options)
  cache.set(key, made)
  return made
}

/**
 * Formats a plain decimal string. Intl.NumberFormat takes decimal strings by their exact mathematical value
 * (ECMA-402, Intl mathematical values), so no float comes in.
 */
export function formatExact(format: Intl.NumberFormat, decimal: string): string {
  return format.format(exactNumeral(decimal))
}

/** As {@link formatExact}, in parts. */
export function formatExactToParts(format: Intl.NumberFormat, decimal: string): Intl.NumberFormatPart[] {
  return format.formatToParts(exactNumeral(decimal))
}

/** The type asks for a literal; a string of our own making out of formatDecimal or a checked grammar is one. */
function exactNumeral(decimal: string): Intl.StringNumericLiteral {
  return decimal as Intl.StringNumericLiteral
}

function checkLocale(locale: string): void {
  if (typeof locale !== 'string' || !isSupported(locale)) {
    throw new MoneyError('locale_unknown', 'Name a locale that the runtime knows, such as "de-CH".')
  }
}

function isSupported(locale: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale).length === 1
  } catch {
    return false
  }
}
