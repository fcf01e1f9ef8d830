import { side } from '../../layout.ts'

export interface Fill {
  readonly side: number
  readonly quantity: bigint
  readonly price: bigint
}

/** What the fills of an account come to. Lots and ticks x lots, signed: short below 0. */
export interface Holding {
  readonly position: bigint
  readonly cost: bigint
  readonly realisedAverage: bigint
  readonly realisedFifo: bigint
  /** The open lots, oldest first. */
  readonly lots: readonly { readonly quantity: bigint; readonly price: bigint }[]
}

export const nothing: Holding = { position: 0n, cost: 0n, realisedAverage: 0n, realisedFifo: 0n, lots: [] }

export const size = (value: bigint): bigint => (value < 0n ? -value : value)
export const least = (one: bigint, other: bigint): bigint => (one < other ? one : other)
export const most = (one: bigint, other: bigint): bigint => (one > other ? one : other)

/** One more fill: what it closes is closed first, what is left opens. */
export const afterFill = (before: Holding, fill: Fill): Holding => {
  const sign = fill.side === side.buy ? 1n : -1n
  const closes = before.position * sign < 0n ? least(size(before.position), fill.quantity) : 0n
  const closed = closes > 0n ? afterClosing(before, sign * closes, fill.price) : before
  const opens = fill.quantity - closes
  return opens > 0n ? afterOpening(closed, sign * opens, fill.price) : closed
}

const afterOpening = (before: Holding, change: bigint, price: bigint): Holding => ({
  ...before,
  position: before.position + change,
  cost: before.cost + change * price,
  lots: [...before.lots, { quantity: size(change), price }],
})

const afterClosing = (before: Holding, change: bigint, price: bigint): Holding => {
  // BigInt division goes towards zero
  const removed = (before.cost * size(change)) / size(before.position)
  const received = -change * price
  return {
    position: before.position + change,
    cost: before.cost - removed,
    realisedAverage: before.realisedAverage + received - removed,
    ...closingOldest(before, change, price),
  }
}

const closingOldest = (
  before: Holding,
  change: bigint,
  price: bigint,
): Pick<Holding, 'realisedFifo' | 'lots'> => {
  const sign = change < 0n ? 1n : -1n
  let left = size(change)
  let { realisedFifo } = before
  const lots = []
  for (const lot of before.lots) {
    const taken = least(left, lot.quantity)
    left -= taken
    realisedFifo += sign * taken * (price - lot.price)
    if (lot.quantity > taken) lots.push({ quantity: lot.quantity - taken, price: lot.price })
  }
  return { realisedFifo, lots }
}
