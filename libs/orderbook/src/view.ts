import * as bitmap from './bitmap.ts'
import type { Book } from './book.ts'
import type { Ladder } from './ladder.ts'
import * as slots from './slot.ts'
import { eachOfLadder } from './walk.ts'

const { none } = bitmap
const { at, enteredFlags, slotShift } = slots

/** A price and what rests there, in lots and orders. */
export interface Level {
  readonly price: number
  readonly displayed: number
  /** Hidden parts of icebergs included. */
  readonly total: number
  readonly orders: number
}

/** An order of the book as a market-data snapshot tells it. */
export type OrderVisit = (
  order: number,
  slot: number,
  account: number,
  flags: number,
  price: number,
  leaves: number,
  displayed: number,
) => void

/** The level of a price; nothing rests there if `orders` is 0. A price must be within the bounds. */
export function levelOf(book: Book, levels: Ladder, price: number): Level {
  const index = levels.indexOf(price)
  let orders = 0
  for (let slot = levels.first(index); slot !== 0; slot = next(book, slot)) orders++
  return { price, displayed: levels.displayed(index), total: levels.total(index), orders }
}

/** The best levels, at most `depth` of them. */
export function levelsOf(book: Book, levels: Ladder, depth: number): Level[] {
  const found: Level[] = []
  for (let index = levels.best; index !== none && found.length < depth; index = levels.after(index)) {
    found.push(levelOf(book, levels, levels.priceOf(index)))
  }
  return found
}

/** Visits the orders of a side from the best level on, each level in the order of priority. */
export function visitOrders(book: Book, levels: Ladder, visit: OrderVisit): void {
  const { words } = book.orders
  eachOfLadder(words, levels, (slot) => {
    const word = slot << slotShift
    visit(
      words[word + at.order] as number,
      slot,
      words[word + at.account] as number,
      (words[word + at.flags] as number) & enteredFlags,
      words[word + at.price] as number,
      words[word + at.leaves] as number,
      words[word + at.displayed] as number,
    )
  })
}

function next(book: Book, slot: number): number {
  return book.orders.words[(slot << slotShift) + at.next] as number
}
