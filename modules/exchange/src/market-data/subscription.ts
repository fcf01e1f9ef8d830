import type { SocketConnection } from '@florin/kernel'
import { Conflation } from '@florin/orderbook'
import {
  encoded,
  inMarket,
  type LevelChannel,
  type LevelNews,
  levelText,
  type MarketDataPublisher,
  type MarketDataReader,
  type OrderNews,
} from './publisher.ts'

export type Channel = LevelChannel | 'orders'

/** How somebody who reads too slowly is treated. */
export interface Patience {
  /** Updates are made one for so long, milliseconds; then the connection is closed. */
  readonly conflatedMs: number
}

/**
 * One channel of one market for one connection. Where the connection has no room, updates of levels and of the top are
 * made one until it has; nobody else waits for it. Trades and single orders can't be made one: whoever does not read
 * them in time is dropped.
 */
export class Subscription implements MarketDataReader {
  readonly wantsOrders: boolean
  readonly #connection: SocketConnection
  readonly #publisher: MarketDataPublisher
  readonly #channel: Channel
  readonly #patience: Patience
  readonly #now: () => number
  readonly #drop: (lost: boolean) => void
  readonly #conflation = new Conflation()
  #slowSince = 0
  #leave: (() => void) | undefined

  /** @param drop called once where the reader was too slow, or (`lost`) the market is no longer run here */
  constructor(
    connection: SocketConnection,
    publisher: MarketDataPublisher,
    channel: Channel,
    patience: Patience,
    now: () => number,
    drop: (lost: boolean) => void,
  ) {
    this.#connection = connection
    this.#publisher = publisher
    this.#channel = channel
    this.#patience = patience
    this.#now = now
    this.#drop = drop
    this.wantsOrders = channel === 'orders'
  }

  /** Sends the snapshot and whatever changes after it. */
  start(ref: number): void {
    const { market } = this.#publisher
    // Both in one turn: nothing comes between the snapshot and the first update.
    this.#leave = this.#publisher.join(this)
    const about = { type: 'snapshot', ref, channel: this.#channel, tick: market.tick, lot: market.lot }
    const { orders, levels } = {
      orders: this.wantsOrders ? this.#publisher.orderSnapshot() : undefined,
      levels: this.#publisher.levelSnapshot(),
    }
    if (orders !== undefined) this.#send(encoded({ ...about, market: market.code, ...orders }))
    else if (this.#channel === 'levels') this.#send(encoded({ ...about, ...inMarket(levels, market.code) }))
    else {
      const { sequence, time, bids, asks, market: view } = levels
      const best = { bid: bids[0] ?? null, ask: asks[0] ?? null }
      this.#send(encoded({ ...about, market: market.code, sequence, time, best, view }))
    }
  }

  stop(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  levelNews(news: LevelNews): void {
    if (this.#channel === 'orders') return
    if (this.#channel === 'trades') {
      const text = news.text('trades')
      if (text !== undefined) this.#send(text)
      return
    }
    if (this.#conflation.count > 0 || !this.#connection.hasRoom) {
      this.#conflate(news)
      return
    }
    const text = news.text(this.#channel)
    if (text !== undefined) this.#send(text)
  }

  orderNews(news: OrderNews): void {
    this.#send(news.text)
  }

  /** There is room again: what was made one is sent. */
  drained(): void {
    if (this.#channel === 'orders') return
    const update = this.#conflation.take()
    const text = update && levelText(this.#channel, this.#publisher.market.code, update)
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
