/** A trade as charts need it. */
export interface ChartTrade {
  readonly number: number
  readonly price: number
  readonly quantity: number
  /** Microseconds since 1970. */
  readonly time: number
}

/** Prices are ticks, `quantity` lots, `value` ticks x lots, times microseconds since 1970. */
export interface Candle {
  /** Inclusive; the candle ends one interval later. */
  readonly start: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly quantity: bigint
  readonly value: bigint
  readonly trades: number
}

/** The start of the interval that a time is in. Intervals are counted from `origin` on, back and forth. */
export function candleStart(time: number, interval: number, origin = 0): number {
  return origin + Math.floor((time - origin) / interval) * interval
}

/** The candle of these trades, in the order of their numbers; `undefined` of none. */
export function candleOf(start: number, trades: Iterable<ChartTrade>): Candle | undefined {
  const ordered = [...trades].sort((one, other) => one.number - other.number)
  const [first] = ordered
  const last = ordered.at(-1)
  if (first === undefined || last === undefined) return undefined
  const prices = ordered.map(({ price }) => price)
  return {
    start,
    open: first.price,
    high: prices.reduce((one, other) => Math.max(one, other)),
    low: prices.reduce((one, other) => Math.min(one, other)),
    close: last.price,
    quantity: ordered.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
    value: ordered.reduce((sum, { price, quantity }) => sum + BigInt(price) * BigInt(quantity), 0n),
    trades: ordered.length,
  }
}

/** What a change left of a candle; `candle` is `undefined` if it has no trades any more. */
export interface CandleChange {
  readonly start: number
  readonly candle: Candle | undefined
}

/**
 * Candles of one interval, in microseconds. Trades may come late and be taken back or corrected: their candle is then worked out
 * again from its trades, which are kept until {@link forget}.
 */
export class Candles {
  readonly #interval: number
  readonly #origin: number
  readonly #trades = new Map<number, Map<number, ChartTrade>>()
  readonly #startOf = new Map<number, number>()
  readonly #candles = new Map<number, Candle>()
  #forgotten = Number.NEGATIVE_INFINITY
  /** The greatest number of all trades that came. */
  #newest = 0

  /** Throws `RangeError` unless the interval is an integer from 1. */
  constructor(interval: number, origin = 0) {
    if (!Number.isSafeInteger(interval) || interval < 1)
      throw new RangeError('the interval must be an integer from 1')
    this.#interval = interval
    this.#origin = origin
  }

  /**
   * A trade that is known already changes nothing. `undefined` if its candle was let go: {@link candleOf} makes it again from
   * wherever its trades are stored.
   */
  add(trade: ChartTrade): CandleChange | undefined {
    if (trade.time < this.#forgotten) return undefined
    const known = this.#startOf.get(trade.number)
    if (known !== undefined) return { start: known, candle: this.#candles.get(known) }
    const start = candleStart(trade.time, this.#interval, this.#origin)
    const trades = this.#trades.get(start) ?? new Map<number, ChartTrade>()
    this.#trades.set(start, trades.set(trade.number, trade))
    this.#startOf.set(trade.number, start)
    const inOrder = trade.number > this.#newest
    this.#newest = Math.max(this.#newest, trade.number)
    const candle = this.#candles.get(start)
    if (candle === undefined || !inOrder) return this.#recompute(start)
    this.#candles.set(start, extended(candle, trade))
    return { start, candle: this.#candles.get(start) }
  }

  /** Takes a trade out. `undefined` if it is not known (any more). */
  bust(number: number): CandleChange | undefined {
    const start = this.#startOf.get(number)
    if (start === undefined) return undefined
    this.#trades.get(start)?.delete(number)
    this.#startOf.delete(number)
    return this.#recompute(start)
  }

  /** Changes price and quantity of a trade. `undefined` if it is not known (any more). */
  correct(
    number: number,
    to: { readonly price: number; readonly quantity: number },
  ): CandleChange | undefined {
    const start = this.#startOf.get(number)
    const trade = start === undefined ? undefined : this.#trades.get(start)?.get(number)
    if (start === undefined || trade === undefined) return undefined
    this.#trades.get(start)?.set(number, { ...trade, price: to.price, quantity: to.quantity })
    return this.#recompute(start)
  }

  /** In the order of time. */
  all(): Candle[] {
    return [...this.#candles.values()].sort((one, other) => one.start - other.start)
  }

  /** Lets go of the candles that end by a time, with their trades. */
  forget(time: number): void {
    const before = candleStart(time, this.#interval, this.#origin)
    this.#forgotten = Math.max(this.#forgotten, before)
    for (const [start, trades] of this.#trades) {
      if (start >= before) continue
      for (const number of trades.keys()) this.#startOf.delete(number)
      this.#trades.delete(start)
      this.#candles.delete(start)
    }
  }

  #recompute(start: number): CandleChange {
    const candle = candleOf(start, this.#trades.get(start)?.values() ?? [])
    if (candle === undefined) {
      this.#candles.delete(start)
      this.#trades.delete(start)
    } else this.#candles.set(start, candle)
    return { start, candle }
  }
}

function extended(candle: Candle, { price, quantity }: ChartTrade): Candle {
  return {
    ...candle,
    high: Math.max(candle.high, price),
    low: Math.min(candle.low, price),
    close: price,
    quantity: candle.quantity + BigInt(quantity),
    value: candle.value + BigInt(price) * BigInt(quantity),
    trades: candle.trades + 1,
  }
}
