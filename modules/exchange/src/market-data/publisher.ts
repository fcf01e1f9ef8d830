import {
  imageOf,
  LevelPublisher,
  type LevelSnapshot,
  type LevelUpdate,
  OrderPublisher,
  type OrderSnapshot,
  type OrderUpdate,
} from '@florin/orderbook'
import { type FeedListener, MarketFeed } from '../gateway/market-feed.ts'
import { type Block, eachCommand } from '../sequencer/blocks.ts'
import type { Sequencer } from '../sequencer/sequencer.ts'

/** What a command changed for the public, with its texts: each made once, whoever many read it. */
export class LevelNews {
  readonly update: LevelUpdate
  readonly #market: string
  readonly #texts = new Map<LevelChannel, Uint8Array | undefined>()

  constructor(market: string, update: LevelUpdate) {
    this.#market = market
    this.update = update
  }

  /** The text for a channel; undefined where nothing of it changed. */
  text(channel: LevelChannel): Uint8Array | undefined {
    if (!this.#texts.has(channel)) this.#texts.set(channel, levelText(channel, this.#market, this.update))
    return this.#texts.get(channel)
  }
}

export interface OrderNews {
  readonly update: OrderUpdate
  readonly text: Uint8Array
}

export interface MarketDataReader {
  readonly wantsOrders: boolean
  levelNews(news: LevelNews): void
  orderNews(news: OrderNews): void
  lost(): void
}

const publishers = new WeakMap<Sequencer, MarketDataPublisher>()

/**
 * The market data of a market that runs here, while somebody reads it. Begins with the engine's book and follows the
 * records; the engine is not asked again.
 */
export class MarketDataPublisher implements FeedListener {
  readonly #feed: MarketFeed
  readonly #readers = new Set<MarketDataReader>()
  #levels: LevelPublisher | undefined
  #orders: OrderPublisher | undefined
  #ordersSince = 0
  #end: (() => void) | undefined

  static of(sequencer: Sequencer): MarketDataPublisher {
    const publisher = publishers.get(sequencer) ?? new MarketDataPublisher(MarketFeed.of(sequencer))
    publishers.set(sequencer, publisher)
    return publisher
  }

  private constructor(feed: MarketFeed) {
    this.#feed = feed
  }

  get market() {
    return this.#feed.sequencer.market
  }

  /** Adds a reader, which is told whatever changes after the snapshot that is taken in the same turn. */
  join(reader: MarketDataReader): () => void {
    this.#end ??= this.#feed.listen(this)
    this.#readers.add(reader)
    return () => {
      this.#readers.delete(reader)
      if (this.#readers.size > 0) return
      this.#end?.()
      this.#end = undefined
      this.#levels = undefined
      this.#orders = undefined
    }
  }

  levelSnapshot(): LevelSnapshot {
    this.#levels ??= new LevelPublisher(imageOf(this.#feed.sequencer.engine))
    return this.#levels.snapshot()
  }

  orderSnapshot(): OrderSnapshot {
    const { engine } = this.#feed.sequencer
    if (this.#orders === undefined) {
      this.#orders = new OrderPublisher(imageOf(engine))
      this.#ordersSince = engine.sequence
    }
    return this.#orders.snapshot()
  }

  block(block: Block): void {
    const levels = this.#levels
    const orders = this.#orders
    eachCommand(block, (seq, _commands, _offset, records, count) => {
      // A publisher that began with the engine may be ahead of what is handed on.
      const level = levels !== undefined && seq > levels.sequence ? levels.apply(records, count) : undefined
      if (level !== undefined) this.#tellLevels(level)
      const order = orders !== undefined && seq > this.#ordersSince ? orders.apply(records, count) : undefined
      if (order !== undefined) this.#tellOrders(order)
    })
  }

  lost(): void {
    const readers = [...this.#readers]
    this.#readers.clear()
    for (const reader of readers) reader.lost()
  }

  #tellLevels(update: LevelUpdate): void {
    const news = new LevelNews(this.market.code, update)
    for (const reader of this.#readers) reader.levelNews(news)
  }

  #tellOrders(update: OrderUpdate): void {
    const text = encoded({ type: 'orders', market: this.market.code, ...update })
    for (const reader of this.#readers) if (reader.wantsOrders) reader.orderNews({ update, text })
  }
}

export type LevelChannel = 'levels' | 'top' | 'trades'

/** What an update says on a channel; undefined: nothing. */
export function levelText(
  channel: LevelChannel,
  market: string,
  update: LevelUpdate,
): Uint8Array | undefined {
  if (channel === 'levels') return encoded({ type: channel, ...inMarket(update, market) })
  const { trades, sequence, time, best, market: view } = update
  if (channel === 'trades')
    return trades.length === 0 ? undefined : encoded({ type: channel, market, sequence, time, trades })
  if (best === undefined && view === undefined) return undefined
  return encoded({ type: channel, market, sequence, time, best, view })
}

/** The view of the market stands as `view`: `market` is the code of the market in every message. */
export function inMarket({ market: view, ...rest }: LevelUpdate | LevelSnapshot, market: string) {
  return { market, ...rest, ...(view === undefined ? {} : { view }) }
}

/** JSON; the only numbers that can outgrow it are values of totals, which become texts. */
export function encoded(message: object): Uint8Array {
  return Buffer.from(
    JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  )
}
