import { command, commandType, Engine, type Market, side, words } from '@florin/orderbook'
import { LimitOrder, LimitOrderBook } from 'limit-order-book'
import { OrderBook, Side } from 'nodejs-order-book'
import { block, type Stream } from './stream.ts'

export const contenderNames = ['florin', 'nodejs-order-book', 'limit-order-book', 'empty loop'] as const
export type ContenderName = (typeof contenderNames)[number]

/** One book with nothing in it, that is sent a stream from its first command on. */
export interface Contender {
  /** Carries out the commands from `first` to before `end`; whoever measures lets it go on where it stopped. */
  run(first: number, end: number): void
  /** Throws if what came of the commands up to `end` is not what was to come. */
  check(end: number): void
}

/** Makes a new book each time. What can be prepared of a stream is prepared once, and not measured. */
export function contenderOf(name: ContenderName, stream: Stream): () => Contender {
  switch (name) {
    case 'florin':
      return () => new FlorinContender(stream)
    case 'nodejs-order-book': {
      const orders = ordersOf(stream)
      return () => new NodejsOrderBookContender(stream, orders)
    }
    case 'limit-order-book': {
      const orders = ordersOf(stream)
      return () => new LimitOrderBookContender(stream, orders)
    }
    case 'empty loop':
      return () => new EmptyLoop(stream)
  }
}

class FlorinContender implements Contender {
  readonly #engine: Engine
  readonly #stream: Stream
  readonly #commands: Int32Array
  #records = 0

  constructor(stream: Stream) {
    this.#stream = stream
    this.#commands = stream.commands
    this.#engine = new Engine(stream.config)
  }

  run(first: number, end: number): void {
    this.#records += applyAll(this.#engine, this.#commands, first, end)
  }

  check(end: number): void {
    if (end !== this.#stream.count) return
    if (this.#records !== this.#stream.records || this.#engine.sequence !== end)
      throw new Error(`${this.#records} records came of ${end} commands, not ${this.#stream.records}`)
    if (this.#stream.config.digest && this.#engine.digest() !== this.#stream.digest)
      throw new Error('The same commands gave another digest')
  }
}

function applyAll(market: Market, commands: Int32Array, first: number, end: number): number {
  let records = 0
  for (let at = first * words; at < end * words; at += words) records += market.apply(commands, at)
  return records
}

/** Reads of each command what anybody has to read, and does nothing. */
class EmptyLoop implements Contender {
  readonly #commands: Int32Array
  #sum = 0

  constructor({ commands }: Stream) {
    this.#commands = commands
  }

  run(first: number, end: number): void {
    this.#sum = (this.#sum + readAll(this.#commands, first, end)) | 0
  }

  check(): void {
    if (!Number.isInteger(this.#sum)) throw new Error('The loop did not run')
  }
}

function readAll(commands: Int32Array, first: number, end: number): number {
  let sum = 0
  for (let at = first * words; at < end * words; at += words)
    sum =
      (sum +
        (commands[at + command.type] as number) +
        (commands[at + command.price] as number) +
        (commands[at + command.quantity] as number)) |
      0
  return sum
}

/** A command as the other books take it: an order by its number as a text, or its cancellation. Others are `null`. */
type Order =
  | { readonly add: string; readonly buys: boolean; readonly price: number; readonly quantity: number }
  | { readonly cancel: string }
  | null

function ordersOf({ commands, count }: Stream): readonly Order[] {
  const orders: Order[] = []
  let entered = 0
  for (let at = 0; at < count * words; at += words) {
    const type = commands[at + command.type]
    if (type === commandType.enter) {
      entered++
      orders.push({
        add: String(entered),
        buys: ((commands[at + command.flags] as number) & 1) === side.buy,
        price: commands[at + command.price] as number,
        quantity: commands[at + command.quantity] as number,
      })
    } else if (type === commandType.cancel) {
      orders.push({ cancel: String(commands[at + command.order]) })
    } else {
      orders.push(null)
    }
  }
  return orders
}

/** Books that take objects; what they traded is compared with the stream. */
abstract class ObjectContender implements Contender {
  readonly #stream: Stream
  protected readonly orders: readonly Order[]
  protected lots = 0

  constructor(stream: Stream, orders: readonly Order[]) {
    this.#stream = stream
    this.orders = orders
  }

  abstract run(first: number, end: number): void

  check(end: number): void {
    const expected = this.#stream.tradedLots[Math.ceil(end / block) - 1]
    if (this.lots !== expected) throw new Error(`${this.lots} lots were traded, not ${expected}`)
  }
}

class NodejsOrderBookContender extends ObjectContender {
  readonly #book = new OrderBook()

  override run(first: number, end: number): void {
    for (let n = first; n < end; n++) {
      const order = this.orders[n]
      if (order === undefined || order === null) continue
      if ('add' in order) {
        const answer = this.#book.limit({
          id: order.add,
          side: order.buys ? Side.BUY : Side.SELL,
          size: order.quantity,
          price: order.price,
        })
        if (answer.err !== null) throw new Error('nodejs-order-book refused an order', { cause: answer.err })
        this.lots += order.quantity - answer.quantityLeft
      } else if (this.#book.cancel(order.cancel) === undefined) {
        throw new Error(`nodejs-order-book does not know order ${order.cancel}`)
      }
    }
  }
}

class LimitOrderBookContender extends ObjectContender {
  readonly #book = new LimitOrderBook({ symbol: 'ANY', priceStep: '1', sizeStep: '1' })

  override run(first: number, end: number): void {
    for (let n = first; n < end; n++) {
      const order = this.orders[n]
      if (order === undefined || order === null) continue
      if ('add' in order) {
        const made = new LimitOrder(
          order.add,
          order.buys ? 'bid' : 'ask',
          String(order.price),
          String(order.quantity),
        )
        this.lots += Number(this.#book.add(made).filled)
      } else if (this.#book.remove(order.cancel) === null) {
        throw new Error(`limit-order-book does not know order ${order.cancel}`)
      }
    }
  }
}
