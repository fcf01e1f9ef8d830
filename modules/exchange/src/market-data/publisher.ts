import type { Database } from '@florin/kernel'
import {
  imageOf,
  LevelFeed,
  type LevelPublisher,
  type LevelSnapshot,
  type LevelUpdate,
  OrderPublisher,
  type OrderUpdate,
} from '@florin/orderbook'
import { type FeedListener, MarketFeed } from '../gateway/market-feed.ts'
import { type Block, eachCommand } from '../sequencer/blocks.ts'
import type { Sequencer } from '../sequencer/sequencer.ts'
import { levelsOfDay } from './day.ts'
import { DepthBook } from './depth-book.ts'
import { encoded, type FormName, formOf, type LevelChannel, type MarketDataForm } from './forms.ts'
import { OrderSlots } from './order-slots.ts'

/** The forms of one market. */
type Forms = Readonly<Record<FormName, MarketDataForm>>

/** What a command changed for the public, with its texts: each made once, whoever many read it. */
export class LevelNews {
  readonly update: LevelUpdate
  readonly #market: string
  readonly #forms: Forms
  readonly #texts = new Map<string, Uint8Array | undefined>()

  constructor(market: string, forms: Forms, update: LevelUpdate) {
    this.#market = market
    this.#forms = forms
    this.update = update
  }

  /** The text for a channel; undefined where nothing of it changed. */
  text(channel: LevelChannel, form: FormName): Uint8Array | undefined {
    const key = `${channel} ${form}`
    if (!this.#texts.has(key))
      this.#texts.set(key, levelText(channel, this.#market, this.#forms[form], this.update))
    return this.#texts.get(key)
  }
}

/** What a command did to the orders of the book, in the forms that somebody reads. */
export type OrderNews = (form: FormName) => Uint8Array

export interface MarketDataReader {
  readonly wantsOrders: boolean
  /** It sees so many levels of each side; undefined: all. */
  readonly depth: number | undefined
  /** Snapshots may be taken now; what changes from here on follows. */
  begin(): void
  levelNews(news: LevelNews): void
  orderNews(news: OrderNews): void
  lost(): void
}

const publishers = new WeakMap<Sequencer, MarketDataPublisher>()

/**
 * The market data of a market that runs here, while somebody reads it. Begins with the book and the trading day as the
 * journal and the history have them and follows the records; the engine is not asked again.
 */
export class MarketDataPublisher implements FeedListener {
  readonly #database: Database
  readonly #feed: MarketFeed
  readonly #forms: Forms
  readonly #readers = new Set<MarketDataReader>()
  readonly #depths = new Map<number, DepthBook>()
  /** What came while the levels were made. */
  #queue: Block[] = []
  #starting: Promise<void> | undefined
  #levels: LevelPublisher | undefined
  /** All levels, while somebody sees only some of them. */
  #book: LevelFeed | undefined
  #orders: OrderPublisher | undefined
  #slots: OrderSlots | undefined
  #ordersSince = 0
  #end: (() => void) | undefined

  static of(database: Database, sequencer: Sequencer): MarketDataPublisher {
    const publisher = publishers.get(sequencer) ?? new MarketDataPublisher(database, MarketFeed.of(sequencer))
    publishers.set(sequencer, publisher)
    return publisher
  }

  private constructor(database: Database, feed: MarketFeed) {
    this.#database = database
    this.#feed = feed
    const { market } = feed.sequencer
    this.#forms = { decimal: formOf('decimal', market), ticks: formOf('ticks', market) }
  }

  get market() {
    return this.#feed.sequencer.market
  }

  form(name: FormName): MarketDataForm {
    return this.#forms[name]
  }

  /** Adds a reader, which begins as soon as there is something to begin with; {@link leave} ends it at any time. */
  async join(reader: MarketDataReader): Promise<void> {
    this.#readers.add(reader)
    try {
      this.#starting ??= this.#start()
      await this.#starting
    } catch (error) {
      this.leave(reader)
      throw error
    }
    // In one turn: nothing comes between the snapshot and the first update.
    if (this.#readers.has(reader)) reader.begin()
  }

  leave(reader: MarketDataReader): void {
    this.#readers.delete(reader)
    const { depth } = reader
    if (depth !== undefined && ![...this.#readers].some((other) => other.depth === depth))
      this.#depths.delete(depth)
    if (this.#depths.size === 0) this.#book = undefined
    if (this.#readers.size === 0) this.#stop()
  }

  levelSnapshot(depth: number | undefined): LevelSnapshot {
    const whole = this.#running().snapshot()
    return depth === undefined ? whole : this.#depthBook(depth, whole).snapshot(whole)
  }

  /** The members of a snapshot of all orders. */
  orderSnapshot(form: FormName): object {
    const { engine } = this.#feed.sequencer
    if (this.#orders === undefined || this.#slots === undefined) {
      const image = imageOf(engine)
      this.#orders = new OrderPublisher(image)
      this.#slots = new OrderSlots(image.orders)
      this.#ordersSince = engine.sequence
    }
    return this.#forms[form].orderSnapshot(this.#orders.snapshot(), this.#slots.of)
  }

  block(block: Block): void {
    if (this.#levels === undefined) this.#queue.push(block)
    else this.#apply(block, this.#levels)
  }

  lost(): void {
    const readers = [...this.#readers]
    this.#readers.clear()
    this.#stop()
    for (const reader of readers) reader.lost()
  }

  async #start(): Promise<void> {
    const { sequencer } = this.#feed
    this.#end = this.#feed.listen(this)
    const ended = this.#end
    const levels = await levelsOfDay(this.#database, sequencer.market, sequencer.engine.sequence)
    // Everybody may have left, and others come, in the meantime.
    if (this.#end !== ended) return
    for (const block of this.#queue) this.#apply(block, levels)
    this.#queue = []
    this.#levels = levels
  }

  #stop(): void {
    this.#end?.()
    this.#end = undefined
    this.#starting = undefined
    this.#queue = []
    this.#levels = undefined
    this.#orders = undefined
    this.#slots = undefined
    this.#book = undefined
    this.#depths.clear()
  }

  #running(): LevelPublisher {
    if (this.#levels === undefined) throw new Error('A snapshot before the market data began')
    return this.#levels
  }

  #depthBook(depth: number, whole: LevelSnapshot): DepthBook {
    this.#book ??= new LevelFeed(whole)
    const book = this.#depths.get(depth) ?? new DepthBook(this.#book, depth)
    this.#depths.set(depth, book)
    return book
  }

  #apply(block: Block, levels: LevelPublisher): void {
    eachCommand(block, (seq, _commands, _offset, records, count) => {
      // What began with the engine may be ahead of what is handed on.
      const level = seq > levels.sequence ? levels.apply(records, count) : undefined
      if (level !== undefined) this.#tellLevels(level)
      const order =
        this.#orders !== undefined && seq > this.#ordersSince ? this.#orders.apply(records, count) : undefined
      if (order !== undefined) this.#tellOrders(order, records)
    })
  }

  #tellLevels(update: LevelUpdate): void {
    this.#book?.apply(update)
    const news = new Map<number | undefined, LevelNews | undefined>()
    news.set(undefined, this.#news(update))
    for (const [depth, book] of this.#depths) {
      const seen = book.apply(update)
      news.set(depth, seen && this.#news(seen))
    }
    for (const reader of this.#readers) {
      const told = news.get(reader.depth)
      if (told !== undefined) reader.levelNews(told)
    }
  }

  #news(update: LevelUpdate): LevelNews {
    return new LevelNews(this.market.code, this.#forms, update)
  }

  #tellOrders(update: OrderUpdate, records: Int32Array): void {
    const slots = this.#slots
    if (slots === undefined) return
    slots.learn(update, records)
    const texts = new Map<FormName, Uint8Array>()
    const news: OrderNews = (form) => {
      const known = texts.get(form)
      if (known !== undefined) return known
      const members = this.#forms[form].orderUpdate(update, slots.of)
      const text = encoded({ type: 'orders', market: this.market.code, ...members })
      texts.set(form, text)
      return text
    }
    for (const reader of this.#readers) if (reader.wantsOrders) reader.orderNews(news)
    slots.forget(update)
  }
}

/** What an update says on a channel; undefined: nothing. */
export function levelText(
  channel: LevelChannel,
  market: string,
  form: MarketDataForm,
  update: LevelUpdate,
): Uint8Array | undefined {
  const members = form.levelUpdate(channel, update)
  return members && encoded({ type: channel, market, ...members })
}
