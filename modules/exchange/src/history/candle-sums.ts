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

/** The candles of trades that come in order. Prices in ticks, volumes in lots, values in ticks x lots. */
export class CandleSums {
  readonly #candles = new Map<string, CandleSum>()

  /** @param atUs microseconds since 1970 */
  add(atUs: number, price: number, quantity: number): void {
    const second = Math.floor(atUs / 1_000_000)
    for (const intervalS of Object.values(candleIntervals)) {
      const startS = second - (second % intervalS)
      const candle = this.#of(intervalS, startS, price)
      candle.high = Math.max(candle.high, price)
      candle.low = Math.min(candle.low, price)
      candle.close = price
      candle.volume += quantity
      candle.value += BigInt(price) * BigInt(quantity)
      candle.trades++
    }
  }

  all(): CandleSum[] {
    return [...this.#candles.values()]
  }

  #of(intervalS: number, startS: number, price: number): CandleSum {
    const key = `${intervalS} ${startS}`
    const known = this.#candles.get(key)
    if (known !== undefined) return known
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
    this.#candles.set(key, fresh)
    return fresh
  }
}
