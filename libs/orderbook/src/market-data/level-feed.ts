import { side } from '../layout.ts'
import { type Best, LevelBook, type PriceLevel } from './level-book.ts'
import type { LevelSnapshot, LevelUpdate } from './level-update.ts'
import type { MarketView } from './market-view.ts'

/**
 * What came of an update. `old`: the book is newer, nothing to do. `gap`: an update before it is missing. `mismatch`: a checksum
 * is not that of the book. After the last two the feed takes no more updates: begin again with a snapshot.
 */
export type FeedResult = 'applied' | 'old' | 'gap' | 'mismatch'

/** The price levels as a consumer keeps them. */
export class LevelFeed {
  readonly #book: LevelBook
  #market: MarketView
  #sequence: number
  #lost: 'gap' | 'mismatch' | undefined

  /** Throws `RangeError` if the snapshot's checksum is not that of its levels. */
  constructor(snapshot: LevelSnapshot) {
    this.#book = new LevelBook(snapshot.depth)
    for (const level of snapshot.bids) this.#book.set(side.buy, level)
    for (const level of snapshot.asks) this.#book.set(side.sell, level)
    if (this.#book.whole() !== snapshot.whole) throw new RangeError('the checksum of the snapshot is wrong')
    this.#market = snapshot.market
    this.#sequence = snapshot.sequence
  }

  /** Number of the last command that is in the book. */
  get sequence(): number {
    return this.#sequence
  }

  get market(): MarketView {
    return this.#market
  }

  bids(depth?: number): PriceLevel[] {
    return this.#book.bids(depth)
  }

  asks(depth?: number): PriceLevel[] {
    return this.#book.asks(depth)
  }

  best(): Best {
    return this.#book.best()
  }

  apply(update: LevelUpdate): FeedResult {
    if (this.#lost !== undefined) return this.#lost
    if (update.sequence <= this.#sequence) return 'old'
    if (update.after > this.#sequence) return this.#lose('gap')
    for (const [ofSide, ...level] of update.levels) this.#book.set(ofSide, level)
    this.#market = update.market ?? this.#market
    this.#sequence = update.sequence
    return this.#fits(update) ? 'applied' : this.#lose('mismatch')
  }

  #fits({ top, whole }: LevelUpdate): boolean {
    return this.#book.top() === top && (whole === undefined || this.#book.whole() === whole)
  }

  #lose(why: 'gap' | 'mismatch'): FeedResult {
    this.#lost = why
    return why
  }
}
