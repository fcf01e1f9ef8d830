import { crc32 } from 'node:zlib'
import { side } from '../layout.ts'
import { PriceMap } from './price-map.ts'

/** A price, the lots shown there and how many orders they are of. */
export type PriceLevel = readonly [price: number, quantity: number, orders: number]

export interface Best {
  readonly bid: PriceLevel | null
  readonly ask: PriceLevel | null
}

/** The price levels of both sides. */
export class LevelBook {
  readonly #bids = new PriceMap<PriceLevel>(side.buy)
  readonly #asks = new PriceMap<PriceLevel>(side.sell)

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
  }

  /** {@link levelChecksum} of the best levels of each side, or of all. */
  checksum(depth = Number.POSITIVE_INFINITY): number {
    return levelChecksum(this.bids(depth), this.asks(depth))
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
  return levels.map((level) => level.join(':')).join(',')
}
