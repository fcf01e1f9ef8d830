import {
  closeCode,
  Refusal,
  type SocketConnection,
  type SocketHandler,
  type SocketRoute,
  type SocketTools,
} from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { exchangeCloseCode } from '../gateway/order-session.ts'
import { MarketCode, strict } from '../schemas.ts'
import { ownerOf } from '../sequencer/owners.ts'
import { readHead } from '../store/heads.ts'
import { findMarket } from '../store/markets.ts'
import { MarketDataPublisher } from './publisher.ts'
import { type Channel, type Patience, Subscription } from './subscription.ts'

const SubscribeMessage = strict({
  type: Type.Enum(['subscribe', 'unsubscribe']),
  ref: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  market: MarketCode,
  channel: Type.Enum(['levels', 'orders', 'top', 'trades']),
})
type SubscribeMessage = Static<typeof SubscribeMessage>
const reader = Compile(SubscribeMessage)

/** Subscriptions of one connection at a time. */
const mostSubscriptions = 200

/** One connection for market data. */
class MarketDataConnection implements SocketHandler {
  readonly #connection: SocketConnection
  readonly #tools: SocketTools
  readonly #patience: Patience
  readonly #subscriptions = new Map<string, Subscription>()
  #gone = false

  constructor(connection: SocketConnection, tools: SocketTools, patience: Patience) {
    this.#connection = connection
    this.#tools = tools
    this.#patience = patience
  }

  message(value: unknown): void {
    if (!reader.Check(value)) {
      this.#refuse(null, 'invalid_input', 'A message is {"type":"subscribe","ref":…,"market":…,"channel":…}')
      return
    }
    if (value.type === 'unsubscribe') this.#unsubscribe(value)
    else
      this.#subscribe(value).catch((error: unknown) => {
        if (error instanceof Refusal) return this.#refuse(value.ref, error.code, error.message)
        this.#tools.log.error({ err: error, requestId: this.#connection.context.requestId }, 'a fault')
        this.#connection.close(closeCode.fault, 'Something went wrong inside Florin')
      })
  }

  drained(): void {
    for (const subscription of this.#subscriptions.values()) subscription.drained()
  }

  closed(): void {
    this.#gone = true
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
  }

  async #subscribe({ ref, market: code, channel }: SubscribeMessage): Promise<void> {
    const { database, clock } = this.#tools
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
    if (this.#subscriptions.has(key) || this.#subscriptions.size >= mostSubscriptions)
      return this.#refuse(ref, 'exchange_subscription', 'Subscribed already, or to too much')
    const subscription = new Subscription(
      this.#connection,
      MarketDataPublisher.of(sequencer),
      channel,
      this.#patience,
      () => clock.now(),
      (lost) => this.#drop(code, channel, lost),
    )
    this.#subscriptions.set(key, subscription)
    subscription.start(ref)
  }

  #unsubscribe({ ref, market, channel }: SubscribeMessage): void {
    const key = `${market} ${channel}`
    const subscription = this.#subscriptions.get(key)
    if (subscription === undefined) {
      this.#refuse(ref, 'exchange_subscription', 'Not subscribed')
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

/** Market data: snapshots, then every change, with checksums. Prices in ticks, quantities in lots, as the book has them. */
export function marketDataRoute(patience: Patience = { conflatedMs: 10_000 }): SocketRoute {
  return {
    name: 'exchange.market-data.connect',
    summary: 'Follow the book of a market',
    path: '/v1/exchange/market-data',
    permission: 'exchange.market-data.connect',
    limits: { messageBytes: 4_096, bufferedBytes: 4 * 1_024 * 1_024, perCaller: 100 },
    open: (connection, tools) => new MarketDataConnection(connection, tools, patience),
  }
}
