/**
 * Amendments to ISO 4217 that are newer than the list the generator reads (see ISO_4217_PUBLISHED in the
 * generated file). The generator stops when the list has caught up with an entry, so nothing here goes stale
 * unnoticed.
 */
export type Amendment =
  | {
      readonly number: number
      readonly adds: string
      readonly numeric: string
      readonly exponent: number
      readonly name: string
    }
  | { readonly number: number; readonly withdraws: string }

export const AMENDMENTS: readonly Amendment[] = [
  // Curaçao and Sint Maarten, from 31 March 2025; the numeric code passes from ANG to XCG.
  { number: 176, adds: 'XCG', numeric: '532', exponent: 2, name: 'Caribbean Guilder' },
  { number: 176, withdraws: 'ANG' },
  // Cuba gave up the convertible peso.
  { number: 178, withdraws: 'CUC' },
  // Arab Monetary Fund, from 12 May 2025.
  { number: 179, adds: 'XAD', numeric: '396', exponent: 2, name: 'Arab Accounting Dinar' },
  // Bulgaria uses the euro from 1 January 2026.
  { number: 180, withdraws: 'BGN' },
]
