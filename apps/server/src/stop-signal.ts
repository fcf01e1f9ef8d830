/** One Ctrl-C can arrive several times: from the terminal, from npm, from the script that started us. */
const sameWishMs = 1_000

/** The wish to stop: from the terminal, from the system, or because something that is needed is lost. */
export class StopSignal {
  /** Resolves when asked to stop, rejects when it can't go on. */
  readonly requested: Promise<void>
  readonly #controller = new AbortController()
  #resolve: () => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #firstAt = 0

  constructor() {
    this.requested = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.requested.catch(() => undefined)
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
  }

  /** For what can be given up half-way, such as starting. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  fail(error: Error): void {
    this.#reject(error)
  }

  forget(): void {
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
  }

  /** The second signal does not wait any more: nothing acknowledged is lost by that. */
  readonly #onSignal = (): void => {
    if (this.#controller.signal.aborted) {
      if (performance.now() - this.#firstAt < sameWishMs) return
      process.stderr.write('Stopped at once; the next start recovers by itself.\n')
      process.exit(130)
    }
    this.#firstAt = performance.now()
    this.#controller.abort()
    this.#resolve()
  }
}
