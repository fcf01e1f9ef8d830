import { noPrice, side } from '../layout.ts'

/** What a book is read from once, for the first snapshot; an `Engine` is one. */
export interface BookSource {
  readonly sequence: number
  readonly timeUs: number
  readonly phase: number
  readonly limitState: number
  readonly lastPrice: number
  eachOrder(
    ofSide: number,
    visit: (
      order: number,
      slot: number,
      account: number,
      flags: number,
      price: number,
      leaves: number,
      displayed: number,
    ) => void,
  ): void
}

/** An order as the public sees it, and the slot in which records look for it. */
export interface RestingOrder {
  readonly order: number
  readonly slot: number
  /** Of {@link side}. */
  readonly side: number
  readonly price: number
  readonly displayed: number
}

/** Where market data begins: the book after the command `sequence`. */
export interface BookImage {
  readonly sequence: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly phase: number
  readonly limitState: number
  /** `null` before the first trade. */
  readonly last: number | null
  /** Each side from the best price on, each price in the order of priority. */
  readonly orders: readonly RestingOrder[]
}

export function imageOf(source: BookSource): BookImage {
  const orders: RestingOrder[] = []
  for (const ofSide of [side.buy, side.sell]) {
    source.eachOrder(ofSide, (order, slot, _account, _flags, price, _leaves, displayed) => {
      orders.push({ order, slot, side: ofSide, price, displayed })
    })
  }
  return {
    sequence: source.sequence,
    time: source.timeUs,
    phase: source.phase,
    limitState: source.limitState,
    last: source.lastPrice === noPrice ? null : source.lastPrice,
    orders,
  }
}
