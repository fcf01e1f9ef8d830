/** Lengths of candles, seconds; they begin at multiples of them since 1970, UTC. */
export const candleIntervals = { '1m': 60, '5m': 300, '1h': 3_600, '1d': 86_400 } as const

export interface CandleSum {
  readonly intervalS: number
  /** Seconds since 1970. */
  readonly startS: number
  readonly open: number
  high: number
  low: number
  close: number
  volume: number
  value: bigint
  trades: number
}

const lengths = Object.values(candleIntervals)

/** The candles of trades that come in order. Prices in ticks, volumes in lots, values in ticks x lots. */
export class CandleSums {
  readonly #candles: CandleSum[] = []
  /** The newest of each length. */
  readonly #newest = new Map<number, CandleSum>()

  /** @param atUs microseconds since 1970, never before those of the trade before */
  add(atUs: number, price: number, quantity: number): void {
    const second = Math.floor(atUs / 1_000_000)
    const value = BigInt(price) * BigInt(quantity)
    for (const intervalS of lengths) {
      const candle = this.#of(intervalS, second - (second % intervalS), price)
      candle.high = Math.max(candle.high, price)
      candle.low = Math.min(candle.low, price)
      candle.close = price
      candle.volume += quantity
      candle.value += value
      candle.trades++
    }
  }

  all(): readonly CandleSum[] {
    return this.#candles
  }

  #of(intervalS: number, startS: number, price: number): CandleSum {
    const known = this.#newest.get(intervalS)
    if (known?.startS === startS) return known
    const fresh = {
      intervalS,
      startS,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: 0,
      value: 0n,
      trades: 0,
    }
    this.#candles.push(fresh)
    this.#newest.set(intervalS, fresh)
    return fresh
  }
}
