import {
  closeCode,
  Refusal,
  type SocketConnection,
  type SocketHandler,
  type SocketRoute,
  type SocketTools,
} from '@florin/kernel'
import { exchangeCloseCode } from '../gateway/order-session.ts'
import { type Rate, Throttle } from '../gateway/throttle.ts'
import { ownerOf } from '../sequencer/owners.ts'
import { readHead } from '../store/heads.ts'
import { findMarket } from '../store/markets.ts'
import type { Channel } from './forms.ts'
import { readMessage, type Subscribe, type Unsubscribe } from './messages.ts'
import { MarketDataPublisher } from './publisher.ts'
import { type Patience, Subscription } from './subscription.ts'

/** Subscriptions of one connection at a time. */
const mostSubscriptions = 200

/** A snapshot costs more than the message that asks for it. */
const defaultRate: Rate = { perSecond: 20, burst: 2 * mostSubscriptions }

/** One connection for market data. */
class MarketDataConnection implements SocketHandler {
  readonly #connection: SocketConnection
  readonly #tools: SocketTools
  readonly #patience: Patience
  readonly #throttle: Throttle
  readonly #subscriptions = new Map<string, Subscription>()
  /** Messages are answered in their order, one after another. */
  #answered: Promise<void> = Promise.resolve()
  #gone = false

  constructor(connection: SocketConnection, tools: SocketTools, patience: Patience, rate: Rate) {
    this.#connection = connection
    this.#tools = tools
    this.#patience = patience
    this.#throttle = new Throttle(tools.clock, rate)
  }

  message(value: unknown): void {
    const message = readMessage(value)
    const ref = 'read' in message ? message.read.ref : message.ref
    if (!this.#throttle.take())
      this.#refuse(ref, 'exchange_session_throttled', 'Too many messages; this one was not looked at')
    else if (!('read' in message)) this.#refuse(ref, 'invalid_input', message.message)
    else this.#answered = this.#answered.then(() => this.#answer(message.read))
  }

  async #answer(message: Subscribe | Unsubscribe): Promise<void> {
    try {
      if (this.#gone) return
      if (message.type === 'unsubscribe') this.#unsubscribe(message)
      else await this.#subscribe(message)
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(message.ref, error.code, error.message)
      this.#tools.log.error({ err: error, requestId: this.#connection.context.requestId }, 'a fault')
      this.#connection.close(closeCode.fault, 'Something went wrong inside Florin')
    }
  }

  drained(): void {
    for (const subscription of this.#subscriptions.values()) subscription.drained()
  }

  closed(): void {
    this.#gone = true
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
  }

  async #subscribe({ ref, market: code, channel, depth, units }: Subscribe): Promise<void> {
    const { database, clock } = this.#tools
    if (depth !== undefined && channel !== 'levels')
      return this.#refuse(ref, 'invalid_input', 'Only levels have a depth')
    const market = await findMarket(database, code)
    const sequencer = ownerOf(database, market.id)
    if (sequencer === undefined || sequencer.lost) {
      const { address } = await readHead(database, market.id)
      return this.#refuse(ref, 'exchange_market_elsewhere', `${code} is not run by this process`, {
        market: code,
        address: address ?? null,
      })
    }
    const key = `${code} ${channel}`
    if (this.#gone) return
    if (this.#subscriptions.has(key))
      return this.#refuse(ref, 'exchange_subscription', `Subscribed to ${channel} of ${code} already`)
    if (this.#subscriptions.size >= mostSubscriptions)
      return this.#refuse(ref, 'exchange_subscription', `At most ${mostSubscriptions} subscriptions`)
    const subscription = new Subscription(
      this.#connection,
      MarketDataPublisher.of(database, sequencer),
      { ref, channel, depth, form: units ?? 'decimal' },
      this.#patience,
      () => clock.now(),
      (lost) => this.#drop(code, channel, lost),
    )
    this.#subscriptions.set(key, subscription)
    await subscription.start()
  }

  #unsubscribe({ ref, market, channel }: Unsubscribe): void {
    const key = `${market} ${channel}`
    const subscription = this.#subscriptions.get(key)
    if (subscription === undefined) {
      this.#refuse(ref, 'exchange_subscription', `Not subscribed to ${channel} of ${market}`)
      return
    }
    subscription.stop()
    this.#subscriptions.delete(key)
    this.#tell({ type: 'unsubscribed', ref, market, channel })
  }

  /** The notice stands in the close frame: there was no room for a message. */
  #drop(market: string, channel: Channel, lost: boolean): void {
    this.closed()
    if (lost) this.#connection.close(exchangeCloseCode.marketLost, `${market} is run by another process now`)
    else
      this.#connection.close(
        exchangeCloseCode.tooSlow,
        `${channel} of ${market} were not read in time; subscribe again`,
      )
  }

  #refuse(ref: number | null, code: string, message: string, details: object = {}): void {
    this.#tell({ type: 'refused', ref, code, message, ...details })
  }

  #tell(message: object): void {
    if (!this.#connection.send(JSON.stringify(message)))
      this.#connection.close(exchangeCloseCode.tooSlow, 'What was sent was not read')
  }
}

/** Market data: snapshots, then every change, with checksums. */
export function marketDataRoute(
  patience: Patience = { conflatedMs: 10_000 },
  rate: Rate = defaultRate,
): SocketRoute {
  return {
    name: 'exchange.market-data.connect',
    summary: 'Follow the book of a market',
    path: '/v1/exchange/market-data',
    permission: 'exchange.market-data.connect',
    limits: { messageBytes: 4_096, bufferedBytes: 4 * 1_024 * 1_024, perCaller: 100 },
    open: (connection, tools) => new MarketDataConnection(connection, tools, patience, rate),
  }
}
