/** A small source of numbers that is the same for a seed on every machine (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to 2^32 - 1. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    return this.bits() % limit
  }

  /** Inclusive. */
  between(lowest: number, highest: number): number {
    return lowest + this.below(highest - lowest + 1)
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  /** True in so many of 100 cases. */
  percent(cases: number): boolean {
    return this.below(100) < cases
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** A name as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names: Name[] = []
    for (const name in weights) names.push(name)
    const total = names.reduce((sum, name) => sum + weights[name], 0)
    let rest = this.below(total)
    for (const name of names) {
      rest -= weights[name]
      if (rest < 0) return name
    }
    throw new Error('weights must be positive')
  }
}
