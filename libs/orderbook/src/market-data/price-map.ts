import { side } from '../layout.ts'

/** What there is at each price of a side, in the order of the prices. */
export class PriceMap<T> {
  /** 1 where a higher price is better. */
  readonly #sign: number
  /** The best one last, so that changes near it move little. */
  readonly #prices: number[] = []
  readonly #values = new Map<number, T>()

  constructor(ofSide: number) {
    this.#sign = ofSide === side.buy ? 1 : -1
  }

  get size(): number {
    return this.#prices.length
  }

  get(price: number): T | undefined {
    return this.#values.get(price)
  }

  /** What is at the best price. */
  best(): T | undefined {
    const price = this.#prices.at(-1)
    return price === undefined ? undefined : this.#values.get(price)
  }

  set(price: number, value: T): void {
    if (!this.#values.has(price)) this.#prices.splice(this.#placeOf(price), 0, price)
    this.#values.set(price, value)
  }

  delete(price: number): void {
    if (this.#values.delete(price)) this.#prices.splice(this.#placeOf(price), 1)
  }

  /** What is at each price, from the best. */
  *fromBest(): Generator<T> {
    for (let at = this.#prices.length - 1; at >= 0; at--) {
      const value = this.#values.get(this.#prices[at] ?? Number.NaN)
      if (value !== undefined) yield value
    }
  }

  /** The same of at most `depth` prices. */
  top(depth: number): T[] {
    return [...this.fromBest().take(Math.min(depth, this.#prices.length))]
  }

  /** Where a price is or belongs: the first place that is not worse. */
  #placeOf(price: number): number {
    let low = 0
    let high = this.#prices.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const worse = ((this.#prices[middle] ?? 0) - price) * this.#sign < 0
      if (worse) low = middle + 1
      else high = middle
    }
    return low
  }
}
