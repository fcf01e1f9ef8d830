import {
  type AuctionRecord,
  decodeRecords,
  type MarketRecord,
  type Side,
  type TradeRecord,
} from '@florin/orderbook'

export interface OpenOrder {
  readonly order: number
  readonly slot: number
  readonly account: number
  readonly side: Side
  /** Ticks; of a stop the price it waits for. */
  readonly price: number
  /** Lots still open. */
  readonly leaves: number
  readonly isStop: boolean
}

/** Which orders are open, and what was traded last, as the records of a market tell. */
export class OpenOrders {
  readonly #open = new Map<number, OpenOrder>()
  readonly #mostTrades: number
  /** The newest first. */
  trades: readonly TradeRecord[] = []
  lots = 0
  /** What an auction would come to, while one collects. */
  indicative: AuctionRecord | undefined

  /** @param mostTrades trades that are kept */
  constructor(mostTrades: number) {
    this.#mostTrades = mostTrades
  }

  get count(): number {
    return this.#open.size
  }

  of(account: number): OpenOrder[] {
    return [...this.#open.values()].filter((order) => order.account === account)
  }

  /** Takes the records of one command. */
  take(records: Int32Array, count: number): void {
    for (const record of decodeRecords(records, count)) this.#takeOne(record)
  }

  #takeOne(record: MarketRecord): void {
    switch (record.kind) {
      case 'rested':
      case 'held':
        this.#open.set(record.order, {
          order: record.order,
          slot: record.slot,
          account: record.account,
          side: record.terms.side,
          price: record.kind === 'held' ? record.stop : (record.price ?? 0),
          leaves: record.leaves,
          isStop: record.kind === 'held',
        })
        return
      case 'removed':
      case 'triggered':
        this.#open.delete(record.order)
        return
      case 'reduced':
        this.#left(record.order, record.leaves)
        return
      case 'trade':
        this.lots += record.quantity
        this.trades = [record, ...this.trades].slice(0, this.#mostTrades)
        this.#left(record.makerOrder, record.makerLeaves)
        this.#left(record.takerOrder, record.takerLeaves)
        return
      case 'indicative':
        this.indicative = record
        return
      case 'uncrossed':
        this.indicative = undefined
        return
      case 'prevented':
        this.#left(record.makerOrder, record.makerLeaves)
        return
      default:
    }
  }

  #left(order: number, leaves: number): void {
    const open = this.#open.get(order)
    if (open === undefined) return
    if (leaves === 0) this.#open.delete(order)
    else this.#open.set(order, { ...open, leaves })
  }
}
