import { type Decimal, parseDecimal } from '../decimal.ts'
import type { AccountType } from '../model.ts'

export const BOOKING_METHODS = ['STRICT', 'NONE', 'AVERAGE', 'FIFO', 'LIFO'] as const
export type BookingMethod = (typeof BOOKING_METHODS)[number]

export function bookingMethod(text: string): BookingMethod | undefined {
  return BOOKING_METHODS.find((method) => method === text)
}

/** The options that decide how a beancount file is booked. */
export interface BeancountOptions {
  readonly roots: Map<string, AccountType>
  readonly names: Record<string, string>
  booking: BookingMethod
  readonly toleranceDefault: Map<string, Decimal>
  toleranceMultiplier: Decimal
  toleranceFromCost: boolean
}

const ROOTS: ReadonlyArray<readonly [string, string, AccountType]> = [
  ['name_assets', 'Assets', 'asset'],
  ['name_liabilities', 'Liabilities', 'liability'],
  ['name_equity', 'Equity', 'equity'],
  ['name_income', 'Income', 'revenue'],
  ['name_expenses', 'Expenses', 'expense'],
]

export function defaultOptions(): BeancountOptions {
  const options: BeancountOptions = {
    roots: new Map(),
    names: {},
    booking: 'STRICT',
    toleranceDefault: new Map(),
    toleranceMultiplier: { n: 5n, s: 1 },
    toleranceFromCost: false,
  }
  for (const [key, name, type] of ROOTS) {
    options.names[key] = name
    options.roots.set(name, type)
  }
  return options
}

/** Options that shape reports or the program, never the books. */
const PRESENTATION = new Set([
  'title',
  'account_previous_balances',
  'account_previous_earnings',
  'account_previous_conversions',
  'account_current_earnings',
  'account_current_conversions',
  'account_rounding',
  'conversion_currency',
  'documents',
  'operating_currency',
  'render_commas',
  'long_string_maxlines',
  'allow_pipe_separator',
  'allow_deprecated_none_for_tags_and_links',
  'insert_pythonpath',
  'plugin_processing_mode',
  'experiment_explicit_tolerances',
])

const TRUE = new Set(['1', 'true', 'yes'])

/** Applies one option: 'applied', 'presentation' (nothing to apply), or what is wrong with it. */
export function applyOption(options: BeancountOptions, key: string, value: string): string {
  const root = ROOTS.find(([name]) => name === key)
  if (root !== undefined) {
    const old = options.names[key]
    if (old !== undefined) options.roots.delete(old)
    options.names[key] = value
    options.roots.set(value, root[2])
    return 'applied'
  }
  switch (key) {
    case 'booking_method': {
      const method = bookingMethod(value)
      if (method === undefined) return `invalid booking method "${value}"`
      options.booking = method
      return 'applied'
    }
    case 'inferred_tolerance_default': {
      const colon = value.lastIndexOf(':')
      const number = colon < 0 ? undefined : parseDecimal(value.slice(colon + 1).trim())
      if (number === undefined) return `invalid value "${value}" for option inferred_tolerance_default`
      options.toleranceDefault.set(value.slice(0, colon), number)
      return 'applied'
    }
    case 'inferred_tolerance_multiplier':
    case 'tolerance_multiplier': {
      const number = parseDecimal(value.trim())
      if (number === undefined) return `invalid value "${value}" for option ${key}`
      options.toleranceMultiplier = number
      return 'applied'
    }
    case 'infer_tolerance_from_cost':
      options.toleranceFromCost = TRUE.has(value.toLowerCase())
      return 'applied'
    case 'plugin_processing_mode':
      return value === 'default' ? 'presentation' : `plugin_processing_mode "${value}" is not supported`
    default:
      return PRESENTATION.has(key) ? 'presentation' : `invalid option "${key}"`
  }
}
