import { crc32 } from 'node:zlib'
import { side } from '../layout.ts'
import { PriceMap } from './price-map.ts'

/** A price, the lots shown there and how many orders they are of. */
export type PriceLevel = readonly [price: number, quantity: number, orders: number]

export interface Best {
  readonly bid: PriceLevel | null
  readonly ask: PriceLevel | null
}

/** The text of a side's best levels, made again only when one of them may have changed. */
class TopText {
  readonly #levels: PriceMap<PriceLevel>
  readonly #sign: number
  readonly #depth: number
  #text: string | undefined
  /** The worst price that the text is about; `undefined` if any other one belongs to it, too. */
  #worst: number | undefined

  constructor(levels: PriceMap<PriceLevel>, ofSide: number, depth: number) {
    this.#levels = levels
    this.#sign = ofSide === side.buy ? 1 : -1
    this.#depth = depth
  }

  touch(price: number): void {
    if (this.#worst === undefined || (price - this.#worst) * this.#sign >= 0) this.#text = undefined
  }

  read(): string {
    if (this.#text !== undefined) return this.#text
    const levels = this.#levels.top(this.#depth)
    this.#worst = levels.length < this.#depth ? undefined : levels.at(-1)?.[0]
    this.#text = textOf(levels)
    return this.#text
  }
}

/** The price levels of both sides. */
export class LevelBook {
  readonly #bids = new PriceMap<PriceLevel>(side.buy)
  readonly #asks = new PriceMap<PriceLevel>(side.sell)
  readonly #topBids: TopText
  readonly #topAsks: TopText

  /** `depth`: levels of each side that {@link top} is about. */
  constructor(depth: number) {
    this.#topBids = new TopText(this.#bids, side.buy, depth)
    this.#topAsks = new TopText(this.#asks, side.sell, depth)
  }

  /** Bids from the best, at most `depth` of them. */
  bids(depth = Number.POSITIVE_INFINITY): PriceLevel[] {
    return this.#bids.top(depth)
  }

  asks(depth = Number.POSITIVE_INFINITY): PriceLevel[] {
    return this.#asks.top(depth)
  }

  best(): Best {
    return { bid: this.#bids.best() ?? null, ask: this.#asks.best() ?? null }
  }

  /** A price without orders has no lots. */
  get(ofSide: number, price: number): PriceLevel {
    return this.#side(ofSide).get(price) ?? [price, 0, 0]
  }

  /** No orders: the level is gone. */
  set(ofSide: number, [price, quantity, orders]: PriceLevel): void {
    const levels = this.#side(ofSide)
    if (orders === 0) levels.delete(price)
    else levels.set(price, [price, quantity, orders])
    const top = ofSide === side.buy ? this.#topBids : this.#topAsks
    top.touch(price)
  }

  /** {@link levelChecksum} of the best levels of each side. */
  top(): number {
    return crc32(`${this.#topBids.read()}|${this.#topAsks.read()}`)
  }

  /** {@link levelChecksum} of all levels. */
  whole(): number {
    return levelChecksum(this.bids(), this.asks())
  }

  #side(ofSide: number): PriceMap<PriceLevel> {
    return ofSide === side.buy ? this.#bids : this.#asks
  }
}

/**
 * CRC-32 (that of zlib and PNG), from 0 to 2^32 − 1, of the ASCII text of the levels: each `price:quantity:orders` in decimal
 * digits, a comma between levels, each side from its best price on, the bids, a `|`, the asks. An empty book is `|`.
 */
export function levelChecksum(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): number {
  return crc32(`${textOf(bids)}|${textOf(asks)}`)
}

function textOf(levels: readonly PriceLevel[]): string {
  return levels.map(([price, quantity, orders]) => `${price}:${quantity}:${orders}`).join(',')
}
