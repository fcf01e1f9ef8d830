import { noPrice } from '../layout.ts'

/** What positions and orders are valued at. */
export class Prices {
  #mark = noPrice
  #market = noPrice
  #reference = noPrice

  get mark(): number {
    return this.#mark
  }

  /** The mark if there is one, else the market's reference price. */
  get reference(): number {
    return this.#reference
  }

  setMark(price: number): void {
    this.#mark = price
    this.#choose()
  }

  setMarket(price: number): void {
    this.#market = price
    this.#choose()
  }

  part(): Int32Array {
    return Int32Array.of(this.#mark, this.#market)
  }

  restore(part: Int32Array): void {
    this.#mark = part[0] ?? noPrice
    this.#market = part[1] ?? noPrice
    this.#choose()
  }

  #choose(): void {
    this.#reference = this.#mark === noPrice ? this.#market : this.#mark
  }
}
