import { formatDecimal } from './decimal.ts'
import { formatExact, numberFormat } from './locale.ts'
import type { Money } from './money.ts'

/** How an amount is shown to people. */
export interface DisplayOptions {
  /** BCP 47 tag, for example `de-CH`; it also decides the digits (`ar-EG-u-nu-latn` for Latin ones). */
  readonly locale: string
  /** For currencies: `symbol` (the default), `narrowSymbol`, `code` or `name`, as Intl.NumberFormat has them. */
  readonly currencyDisplay?: 'symbol' | 'narrowSymbol' | 'code' | 'name'
}

const NO_BREAK_SPACE = '\u00a0'

/**
 * An amount for people: grouped and written the way the locale does, with exactly the asset's decimals and
 * every digit exact. Currencies of ISO 4217 are shown in the locale's currency style, other assets as a number
 * and their code: `€1,234.50`, `1'234.500000 SHARE-A`.
 *
 * For people only. What machines read comes from `formatMoney` or `moneyToJson`.
 *
 * @throws MoneyError `locale_unknown`
 */
export function displayAmount(value: Money, options: DisplayOptions): string {
  const { code, kind, exponent } = value.asset
  const decimal = formatDecimal(value.minor, exponent)
  // Both limits are set: the runtime's own decimals per currency are customs (no cents for the rupiah), not ISO's.
  const digits = { minimumFractionDigits: exponent, maximumFractionDigits: exponent }
  if (kind !== 'iso4217') {
    return `${formatExact(numberFormat(options.locale, digits), decimal)}${NO_BREAK_SPACE}${code}`
  }
  const currencyDisplay = options.currencyDisplay ?? 'symbol'
  const style = { style: 'currency', currency: code, currencyDisplay, ...digits } as const
  return formatExact(numberFormat(options.locale, style), decimal)
}
