import {
  type LevelChange,
  type LevelFeed,
  type LevelSnapshot,
  type LevelUpdate,
  levelChecksum,
  type PriceLevel,
  side,
} from '@florin/orderbook'

/** Levels of each side that checksums are of, where no fewer are shown. */
const checkedLevels = 10

/** The best levels of a book, so many of each side: what they become is told, also of levels that move in and out. */
export class DepthBook {
  readonly depth: number
  readonly #book: LevelFeed
  #bids: readonly PriceLevel[]
  #asks: readonly PriceLevel[]
  #published: number

  /** @param book all levels; kept up to date by whoever calls {@link apply} */
  constructor(book: LevelFeed, depth: number) {
    this.depth = depth
    this.#book = book
    this.#bids = book.bids(depth)
    this.#asks = book.asks(depth)
    this.#published = book.sequence
  }

  /** As of the book, of which `whole` is given. */
  snapshot(whole: LevelSnapshot): LevelSnapshot {
    const [bids, asks] = [this.#bids, this.#asks]
    return {
      ...whole,
      bids,
      asks,
      depth: Math.min(this.depth, checkedLevels),
      whole: levelChecksum(bids, asks),
    }
  }

  /** What an update, which the book has already, says to those who see only so much; undefined: nothing. */
  apply(update: LevelUpdate): LevelUpdate | undefined {
    const levels = update.levels.length === 0 ? [] : this.#changes()
    if (levels.length === 0 && update.trades.length === 0 && update.market === undefined) return undefined
    const after = this.#published
    this.#published = update.sequence
    const { whole: _ofAllLevels, ...rest } = update
    return { ...rest, after, levels, top: this.depth < checkedLevels ? this.#checksum() : update.top }
  }

  #changes(): LevelChange[] {
    const bids = this.#book.bids(this.depth)
    const asks = this.#book.asks(this.depth)
    const changes = [...changesOf(side.buy, this.#bids, bids), ...changesOf(side.sell, this.#asks, asks)]
    this.#bids = bids
    this.#asks = asks
    return changes
  }

  #checksum(): number {
    return levelChecksum(this.#bids, this.#asks)
  }
}

function changesOf(
  ofSide: number,
  before: readonly PriceLevel[],
  after: readonly PriceLevel[],
): LevelChange[] {
  const known = new Map(before.map((level) => [level[0], level]))
  const changes: LevelChange[] = []
  for (const [price, quantity, orders] of after) {
    const old = known.get(price)
    known.delete(price)
    if (old === undefined || old[1] !== quantity || old[2] !== orders)
      changes.push([ofSide, price, quantity, orders])
  }
  return [...[...known.keys()].map((price): LevelChange => [ofSide, price, 0, 0]), ...changes]
}
