import type { Book } from './book.ts'
import type { Digest } from './digest.ts'
import { Packing, type Part, unpack } from './parts.ts'
import * as slots from './slot.ts'
import type { MarketConfig } from './types.ts'

const { at, isHeld, slotShift } = slots

/** Goes up when the same bytes mean something else. */
const version = 3

/** Everything a market is, to the byte. Levels are not in it: slots say how they follow one another. */
export function copyOf(book: Book, digest: Digest | undefined): Packing {
  const { orders } = book
  return new Packing([
    Float64Array.from([version, ...configNumbers(book.config)]),
    Float64Array.from(book.state.toNumbers()),
    Float64Array.from(book.trailing.toNumbers()),
    digest?.state ?? new Int32Array(0),
    ...orders.parts(),
    book.expiries.slots(),
    ...(book.risk?.parts() ?? []),
  ])
}

/** What was packed, with its configuration. Throws `RangeError` if it is damaged or of another version. */
export function readSnapshot(bytes: Uint8Array): { config: MarketConfig; parts: Part[] } {
  const [head, ...parts] = unpack(bytes)
  if (!(head instanceof Float64Array) || head[0] !== version) {
    throw new RangeError(`the snapshot is not of version ${version}`)
  }
  return { config: toConfig(head.subarray(1)), parts }
}

/** Fills a new market of the same configuration. */
export function fill(book: Book, digest: Digest | undefined, parts: readonly Part[]): void {
  const { orders, risk } = book
  const [state, trailing, digested, head, words, beside, accounts, sessions, expiring, ...rest] = parts
  book.state.restore(numbers(state))
  book.trailing.restore(numbers(trailing))
  digest?.state.set(integers(digested))
  orders.restore(integers(head), integers(words), integers(beside), integers(accounts), integers(sessions))
  book.expiries.restore(integers(expiring))
  risk?.restore(rest.map((part) => (part instanceof Uint8Array ? new Int32Array(0) : part)))
  for (let slot = 1; slot <= orders.used; slot++) {
    if (orders.words[(slot << slotShift) + at.order] !== 0) join(book, slot)
  }
}

/** Makes a living order known to its level. */
function join(book: Book, slot: number): void {
  const { words } = book.orders
  const flags = words[(slot << slotShift) + at.flags] as number
  if ((flags & isHeld) === 0) {
    const levels = book.sameSide(flags)
    levels.rejoin(levels.indexOf(words[(slot << slotShift) + at.price] as number), slot)
  } else {
    const stops = book.stopsOf(flags)
    stops.rejoin(stops.indexOf(book.orders.stop(slot)), slot)
  }
}

function configNumbers(config: MarketConfig): number[] {
  return [
    config.lowestPrice,
    config.highestPrice,
    config.orders,
    config.accounts,
    config.sessions,
    config.clientIds,
    config.largestPosition,
    config.risk ? 1 : 0,
    config.digest ? 1 : 0,
  ]
}

function toConfig(figures: Float64Array): MarketConfig {
  const figure = (index: number): number => figures[index] ?? Number.NaN
  return {
    lowestPrice: figure(0),
    highestPrice: figure(1),
    orders: figure(2),
    accounts: figure(3),
    sessions: figure(4),
    clientIds: figure(5),
    largestPosition: figure(6),
    risk: figure(7) === 1,
    digest: figure(8) === 1,
  }
}

function integers(part: Part | undefined): Int32Array {
  if (part instanceof Int32Array) return part
  throw new RangeError('the snapshot lacks a part of integers')
}

function numbers(part: Part | undefined): Float64Array {
  if (part instanceof Float64Array) return part
  throw new RangeError('the snapshot lacks a part of numbers')
}
