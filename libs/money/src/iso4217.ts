import { ISO_4217_ROWS } from './iso4217.generated.ts'

/** Every alphabetic code of ISO 4217 list one, as a type: a misspelt currency does not compile. */
export type Iso4217Code = (typeof ISO_4217_ROWS)[number][0]

/** One currency of ISO 4217. */
export interface Iso4217Currency {
  /** Alphabetic code, three capital letters. */
  readonly code: string
  /** Numeric code, three digits with leading zeros. Not unique: XCG took over the number of ANG. */
  readonly numeric: string
  /** Decimals of the minor unit; `undefined` where the standard says that none apply (N.A.: gold, XDR, …). */
  readonly exponent: number | undefined
  readonly name: string
  /** The amendment that withdrew the currency. Withdrawn currencies stay usable: old books are full of them. */
  readonly withdrawnBy?: number
}

type Row = readonly [
  code: string,
  numeric: string,
  exponent: number | null,
  name: string,
  withdrawnBy?: number,
]
const ROWS: readonly Row[] = ISO_4217_ROWS

const BY_CODE: ReadonlyMap<string, Iso4217Currency> = new Map(ROWS.map((row) => [row[0], readRow(row)]))

/** All currencies, in the order of their codes. */
export const ISO_4217_CURRENCIES: readonly Iso4217Currency[] = [...BY_CODE.values()]

/** Looks up a currency by its alphabetic code, exactly as written (capital letters). */
export function findIso4217(code: string): Iso4217Currency | undefined {
  return BY_CODE.get(code)
}

/** Looks up a currency by its numeric code (`"840"`, as card and bank formats carry it); never a withdrawn one. */
export function findIso4217Numeric(numeric: string): Iso4217Currency | undefined {
  return ISO_4217_CURRENCIES.find((entry) => entry.numeric === numeric && entry.withdrawnBy === undefined)
}

function readRow([code, numeric, exponent, name, withdrawnBy]: Row): Iso4217Currency {
  const currency = { code, numeric, exponent: exponent ?? undefined, name }
  return Object.freeze(withdrawnBy === undefined ? currency : { ...currency, withdrawnBy })
}
