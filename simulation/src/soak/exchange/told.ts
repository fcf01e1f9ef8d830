import { hash } from 'node:crypto'

/** What somebody was told of a market, by the numbers of the commands: enough to compare it with what happened. */
export class Told {
  readonly #seqs: number[] = []
  readonly #prints: number[] = []

  get last(): number {
    return this.#seqs.at(-1) ?? 0
  }

  get count(): number {
    return this.#seqs.length
  }

  /** Adds what was told of a command; false where it was told already, or something after it. */
  add(seq: number, what: string): boolean {
    if (seq <= this.last) return false
    this.#seqs.push(seq)
    this.#prints.push(printOf(what))
    return true
  }

  /** The first command of which the two were not told the same. */
  firstDifference(other: Told): number | undefined {
    const end = Math.max(this.count, other.count)
    for (let i = 0; i < end; i++) {
      const [mine, theirs] = [this.#seqs[i], other.#seqs[i]]
      if (mine !== theirs || this.#prints[i] !== other.#prints[i])
        return Math.min(mine ?? Number.MAX_SAFE_INTEGER, theirs ?? Number.MAX_SAFE_INTEGER)
    }
    return undefined
  }
}

/** 48 bits: two texts of a million are the same by chance about once in 280 runs of a million differences. */
function printOf(text: string): number {
  return Number.parseInt(hash('sha1', text, 'hex').slice(0, 12), 16)
}
