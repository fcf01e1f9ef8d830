import * as layout from '../layout.ts'
import { millionthsUp, share } from './arithmetic.ts'
import * as rowLayout from './layout.ts'
import type { Lots } from './lots.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { noPrice, permission } = layout
const { field } = rowLayout

/** Buys or sells `quantity` at `price`: what closes the position is realised first, the rest opens. */
export function execute(
  rows: Float64Array,
  base: number,
  lots: Lots,
  sell: boolean,
  quantity: number,
  price: number,
): void {
  const position = rows[base + field.position] as number
  const against = sell ? position > 0 : position < 0
  const closed = against ? Math.min(quantity, Math.abs(position)) : 0
  if (closed > 0) close(rows, base, lots, position, closed, price)
  if (quantity > closed) open(rows, base, lots, sell, quantity - closed, price)
  rows[base + field.position] = sell ? position - quantity : position + quantity
}

function open(
  rows: Float64Array,
  base: number,
  lots: Lots,
  sell: boolean,
  quantity: number,
  price: number,
): void {
  const cost = rows[base + field.cost] as number
  rows[base + field.cost] = sell ? cost - quantity * price : cost + quantity * price
  lots.add(rows, base, quantity, price)
}

function close(
  rows: Float64Array,
  base: number,
  lots: Lots,
  position: number,
  closed: number,
  price: number,
): void {
  const direction = position > 0 ? 1 : -1
  const value = closed * price
  const cost = rows[base + field.cost] as number
  const removed = share(Math.abs(cost), closed, Math.abs(position))
  rows[base + field.cost] = cost - direction * removed
  rows[base + field.realisedAverage] =
    (rows[base + field.realisedAverage] as number) + direction * (value - removed)
  rows[base + field.realisedFifo] =
    (rows[base + field.realisedFifo] as number) + direction * (value - lots.close(rows, base, closed))
}

/** Cash accounts pay at once, with what is set aside for fees; what they sell is theirs when it is in the ledger. */
export function pay(rows: Float64Array, base: number, value: number): void {
  if (isMargin(rows, base)) return
  rows[base + field.cash] =
    (rows[base + field.cash] as number) - value - millionthsUp(value, rows[base + field.feeRate] as number)
}

export function isMargin(rows: Float64Array, base: number): boolean {
  return ((rows[base + field.permissions] as number) & permission.margin) !== 0
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
