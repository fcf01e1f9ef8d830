/** What the load generator is asked to do. */
export interface Load {
  readonly url: string
  /** An API key; what does not ask for one ignores it. */
  readonly key: string
  readonly ledger: string
  readonly connections: number
  /** Transactions in a request: 1 posts one, more post a batch. */
  readonly size: number
  /** Begins the idempotency keys; no two loads of a server may share it. */
  readonly prefix: string
  /** Seconds before anything counts. */
  readonly warmup_s: number
  /** Seconds of a run, and how many of them. */
  readonly run_s: number
  readonly runs: number
  /** Requests a second that are sent whatever comes back (open loop); without it, each answer is followed by a request. */
  readonly rate?: number
}

export interface LoadResult {
  /** Requests answered with success in each run, a second. */
  readonly perSecond: readonly number[]
  /** Milliseconds from when a request was to be sent until its answer was there; those of the runs. */
  readonly latency_ms: Float64Array
  /** Requests answered with success, whenever. */
  readonly acknowledged: number
  /** Others, by status or `connection`. */
  readonly errors: Readonly<Record<string, number>>
  /** Processors that the generator itself used, 1 being one whole. */
  readonly generatorCpu: number
}
