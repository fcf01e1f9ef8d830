import { RequestError } from '../errors.ts'

/** Lets a bounded number of calls through at once and a bounded number wait; the rest are told to come back. */
export class Gate {
  readonly #limits: { readonly running: number; readonly waiting: number }
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(limits: { readonly running: number; readonly waiting: number }) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#queue.length
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(): Promise<void> {
    if (this.#running < this.#limits.running) {
      this.#running++
      return Promise.resolve()
    }
    if (this.#queue.length >= this.#limits.waiting) {
      return Promise.reject(new RequestError('overloaded', 'The queue is full; nothing was done', 1))
    }
    return new Promise((resolve) => this.#queue.push(resolve))
  }

  /** Hands the place over, so that nobody can slip in between. */
  #leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#running--
    else next()
  }
}
