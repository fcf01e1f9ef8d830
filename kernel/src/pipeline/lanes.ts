import { RequestError } from '../errors.ts'

interface Waiting<C, A> {
  readonly call: C
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

export interface LaneLimits {
  /** Calls waiting or running over all lanes; one more is answered 503. */
  readonly queued: number
  /** Calls in one transaction at most. */
  readonly batch: number
}

/**
 * Adaptive group commit. Each lane runs one batch at a time; whatever arrives meanwhile makes the next batch.
 * Under light load a call travels alone, under heavy load batches grow by themselves: no timer, nothing to tune.
 */
export class Lanes<C extends { readonly id: string }, A> {
  readonly #lanes = new Map<string, Waiting<C, A>[]>()
  readonly #limits: LaneLimits
  readonly #run: (lane: string, calls: readonly C[]) => Promise<ReadonlyMap<string, A | Error>>
  #queued = 0

  /** `run` answers every call of the batch by its id; it throws only when nothing at all was answered. */
  constructor(
    limits: LaneLimits,
    run: (lane: string, calls: readonly C[]) => Promise<ReadonlyMap<string, A | Error>>,
  ) {
    this.#limits = limits
    this.#run = run
  }

  get queued(): number {
    return this.#queued
  }

  submit(lane: string, call: C): Promise<A> {
    if (this.#queued >= this.#limits.queued) {
      return Promise.reject(new RequestError('overloaded', 'The queue is full; nothing was done', 1))
    }
    this.#queued++
    return new Promise((resolve, reject) => {
      const waiting = this.#lanes.get(lane)
      if (waiting !== undefined) {
        waiting.push({ call, resolve, reject })
        return
      }
      this.#lanes.set(lane, [{ call, resolve, reject }])
      // After the current round of the event loop, so that calls that came in together travel together.
      setImmediate(() => void this.#drain(lane))
    })
  }

  async #drain(lane: string): Promise<void> {
    for (let batch = this.#take(lane); batch.length > 0; batch = this.#take(lane)) {
      await this.#answer(lane, batch)
      this.#queued -= batch.length
    }
    this.#lanes.delete(lane)
  }

  /** The next batch. A repeat of a call in the batch stays in the queue and is answered from its record. */
  #take(lane: string): Waiting<C, A>[] {
    const queue = this.#lanes.get(lane) ?? []
    const batch: Waiting<C, A>[] = []
    const left: Waiting<C, A>[] = []
    const ids = new Set<string>()
    for (const waiting of queue) {
      if (batch.length < this.#limits.batch && !ids.has(waiting.call.id)) {
        ids.add(waiting.call.id)
        batch.push(waiting)
      } else left.push(waiting)
    }
    this.#lanes.set(lane, left)
    return batch
  }

  async #answer(lane: string, batch: readonly Waiting<C, A>[]): Promise<void> {
    try {
      const answers = await this.#run(
        lane,
        batch.map((waiting) => waiting.call),
      )
      for (const { call, resolve, reject } of batch) {
        const answer = answers.get(call.id)
        if (answer === undefined) reject(new Error('The batch gave no answer to one of its calls'))
        else if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
