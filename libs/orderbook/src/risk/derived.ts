import * as layout from '../layout.ts'
import * as rowLayout from './layout.ts'

const { permission } = layout
const { field, plainSide } = rowLayout

/** Works out anew what a row holds derived: to be called where a limit, a permission, the state or a mark of results changed. */
export function derive(rows: Float64Array, base: number): void {
  const permissions = rows[base + field.permissions] as number
  const isMargin = (permissions & permission.margin) !== 0
  const isPlain =
    !isMargin &&
    rows[base + field.state] === 0 &&
    rows[base + field.maxOrderQuantity] !== 0 &&
    rows[base + field.maxOrderValue] !== 0 &&
    rows[base + field.maxPosition] !== 0 &&
    rows[base + field.maxConcentration] === 0
  const buys = (permissions & permission.buy) === 0 ? 0 : plainSide.buy
  const sells = (permissions & permission.sell) === 0 ? 0 : plainSide.sell
  rows[base + field.sides] = (isPlain ? buys | sells : 0) | (isMargin ? plainSide.margin : 0)
  rows[base + field.lossFloor] = Math.max(
    floorOf(rows[base + field.dayStart] as number, rows[base + field.dailyLoss] as number),
    floorOf(rows[base + field.best] as number, rows[base + field.drawdown] as number),
  )
  const burst = Math.max(rows[base + field.throttleBurst] as number, 1)
  rows[base + field.throttleTolerance] = (burst - 1) * (rows[base + field.throttleInterval] as number)
}

/** @param limit 0 is none */
function floorOf(from: number, limit: number): number {
  return limit === 0 ? Number.MIN_SAFE_INTEGER : from - limit
}
