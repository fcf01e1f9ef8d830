import * as bitmap from './bitmap.ts'
import type { Book } from './book.ts'
import type { Ladder } from './ladder.ts'
import * as slots from './slot.ts'

const { none } = bitmap
const { at, slotShift } = slots

type Visit = (slot: number) => void

/** Visits orders of a list from `first` on; `next` is its word. The one visited may be removed. */
export function eachOfList(words: Int32Array, first: number, next: number, visit: Visit): void {
  let slot = first
  while (slot !== 0) {
    const following = words[(slot << slotShift) + next] as number
    visit(slot)
    slot = following
  }
}

/** Visits the orders of a ladder from the best level on, each in its order. The one visited may be removed. */
export function eachOfLadder(words: Int32Array, levels: Ladder, visit: Visit): void {
  for (let index = levels.best; index !== none; index = levels.after(index)) {
    eachOfList(words, levels.first(index), at.next, visit)
  }
}

/** Visits every living order: bids, asks, buy stops, sell stops. The one visited may be removed. */
export function eachOfBook(book: Book, visit: Visit): void {
  const { bids, asks, buyStops, sellStops } = book
  for (const levels of [bids, asks, buyStops, sellStops]) eachOfLadder(book.orders.words, levels, visit)
}
