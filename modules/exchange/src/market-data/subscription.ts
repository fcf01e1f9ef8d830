import type { SocketConnection } from '@florin/kernel'
import { Conflation } from '@florin/orderbook'
import { type Channel, encoded, type FormName } from './forms.ts'
import {
  type LevelNews,
  levelText,
  type MarketDataPublisher,
  type MarketDataReader,
  type OrderNews,
} from './publisher.ts'

/** How somebody who reads too slowly is treated. */
export interface Patience {
  /** Updates are made one for so long, milliseconds; then the connection is closed. */
  readonly conflatedMs: number
}

/** What somebody asked for. */
export interface Wanted {
  readonly ref: number
  readonly channel: Channel
  /** Levels of each side that are seen; undefined: all. */
  readonly depth: number | undefined
  readonly form: FormName
}

/**
 * One channel of one market for one connection. Where the connection has no room, updates of levels and of the top are
 * made one until it has; nobody else waits for it. Trades and single orders can't be made one: whoever does not read
 * them in time is dropped.
 */
export class Subscription implements MarketDataReader {
  readonly wantsOrders: boolean
  readonly depth: number | undefined
  readonly #connection: SocketConnection
  readonly #publisher: MarketDataPublisher
  readonly #wanted: Wanted
  readonly #patience: Patience
  readonly #now: () => number
  readonly #drop: (lost: boolean) => void
  readonly #conflation = new Conflation()
  #slowSince = 0

  /** @param drop called once where the reader was too slow, or (`lost`) the market is no longer run here */
  constructor(
    connection: SocketConnection,
    publisher: MarketDataPublisher,
    wanted: Wanted,
    patience: Patience,
    now: () => number,
    drop: (lost: boolean) => void,
  ) {
    this.#connection = connection
    this.#publisher = publisher
    this.#wanted = wanted
    this.#patience = patience
    this.#now = now
    this.#drop = drop
    this.wantsOrders = wanted.channel === 'orders'
    this.depth = wanted.depth
  }

  /** Resolves once the snapshot was sent; whatever changes after it follows. */
  start(): Promise<void> {
    return this.#publisher.join(this)
  }

  begin(): void {
    const { ref, channel, form, depth } = this.#wanted
    const { tick, lot, code } = this.#publisher.market
    const about = { type: 'snapshot', ref, channel, market: code, units: form, tick, lot }
    const members =
      channel === 'orders'
        ? this.#publisher.orderSnapshot(form)
        : this.#publisher.form(form).levelSnapshot(channel, this.#publisher.levelSnapshot(depth))
    this.#send(encoded({ ...about, ...members }))
  }

  stop(): void {
    this.#publisher.leave(this)
  }

  levelNews(news: LevelNews): void {
    const { channel, form } = this.#wanted
    if (channel === 'orders') return
    if (channel !== 'trades' && (this.#conflation.count > 0 || !this.#connection.hasRoom)) {
      this.#conflate(news)
      return
    }
    const text = news.text(channel, form)
    if (text !== undefined) this.#send(text)
  }

  orderNews(news: OrderNews): void {
    this.#send(news(this.#wanted.form))
  }

  /** There is room again: what was made one is sent. */
  drained(): void {
    const { channel, form } = this.#wanted
    if (channel === 'orders') return
    const update = this.#conflation.take()
    const { market } = this.#publisher
    const text = update && levelText(channel, market.code, this.#publisher.form(form), update)
    if (text !== undefined) this.#send(text)
  }

  lost(): void {
    this.#drop(true)
  }

  #conflate(news: LevelNews): void {
    if (this.#conflation.count === 0) this.#slowSince = this.#now()
    this.#conflation.add(news.update)
    if (this.#now() - this.#slowSince > this.#patience.conflatedMs) this.#drop(false)
  }

  #send(text: Uint8Array): void {
    if (!this.#connection.send(text)) this.#drop(false)
  }
}
