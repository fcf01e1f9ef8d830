import * as layout from '../layout.ts'
import * as rowLayout from './layout.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { noPrice } = layout
const { field, plainSide } = rowLayout

export function isMargin(rows: Float64Array, base: number): boolean {
  return ((rows[base + field.sides] as number) & plainSide.margin) !== 0
}

/** What the position would bring above its cost at `price`; 0 at no price. */
export function unrealised(rows: Float64Array, base: number, price: number): number {
  const position = rows[base + field.position] as number
  if (price === noPrice || position === 0) return 0
  return position * price - (rows[base + field.cost] as number)
}

/** Realised by average, and unrealised at `price`. */
export function result(rows: Float64Array, base: number, price: number): number {
  return (rows[base + field.realisedAverage] as number) + unrealised(rows, base, price)
}

export function equity(rows: Float64Array, base: number, price: number): number {
  return (rows[base + field.cash] as number) + result(rows, base, price)
}

/** Lots that the account could come to hold, long or short, if `buys` and `sells` more were open. */
export function largestExposure(rows: Float64Array, base: number, buys: number, sells: number): number {
  const position = rows[base + field.position] as number
  const long = position + (rows[base + field.openBuys] as number) + buys
  const short = position - (rows[base + field.openSells] as number) - sells
  return Math.max(Math.abs(long), Math.abs(short))
}
