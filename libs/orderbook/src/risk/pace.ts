import * as rowLayout from './layout.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { field } = rowLayout

/** Whether the order is one too many in a row of identical ones; it becomes the last of the row either way. */
export function repeats(
  rows: Float64Array,
  base: number,
  kind: number,
  price: number,
  quantity: number,
  timeUs: number,
): boolean {
  const maximum = rows[base + field.repeatMaximum] as number
  if (maximum === 0) return false
  const count = rows[base + field.repeatCount] as number
  const same =
    count > 0 &&
    rows[base + field.repeatKind] === kind &&
    rows[base + field.repeatPrice] === price &&
    rows[base + field.repeatQuantity] === quantity &&
    timeUs - (rows[base + field.repeatStart] as number) <= (rows[base + field.repeatWindow] as number)
  if (same) {
    if (count >= maximum) return true
    rows[base + field.repeatCount] = count + 1
    return false
  }
  rows[base + field.repeatStart] = timeUs
  rows[base + field.repeatCount] = 1
  rows[base + field.repeatKind] = kind
  rows[base + field.repeatPrice] = price
  rows[base + field.repeatQuantity] = quantity
  return false
}

export function endRepeats(rows: Float64Array, base: number): void {
  rows[base + field.repeatStart] = 0
  rows[base + field.repeatCount] = 0
  rows[base + field.repeatKind] = 0
  rows[base + field.repeatPrice] = 0
  rows[base + field.repeatQuantity] = 0
}

/** Generic cell rate algorithm: whether the message comes too early; counts it if not. */
export function throttles(rows: Float64Array, base: number, timeUs: number): boolean {
  const interval = rows[base + field.throttleInterval] as number
  if (interval === 0) return false
  const burst = Math.max(rows[base + field.throttleBurst] as number, 1)
  const arrival = rows[base + field.arrival] as number
  if (arrival > timeUs + (burst - 1) * interval) return true
  rows[base + field.arrival] = Math.max(arrival, timeUs) + interval
  return false
}

/** Counts executed lots; whether there are now more in the window than allowed. */
export function overflows(rows: Float64Array, base: number, quantity: number, timeUs: number): boolean {
  const maximum = rows[base + field.outputMaximum] as number
  if (maximum === 0) return false
  const count = rows[base + field.outputCount] as number
  const start = rows[base + field.outputStart] as number
  const goesOn = count > 0 && timeUs < start + (rows[base + field.outputWindow] as number)
  if (!goesOn) rows[base + field.outputStart] = timeUs
  const now = goesOn ? count + quantity : quantity
  rows[base + field.outputCount] = now
  return now > maximum
}

export function endOutput(rows: Float64Array, base: number): void {
  rows[base + field.outputStart] = 0
  rows[base + field.outputCount] = 0
}
