/** Beyond this many events the oldest are summed up, so that millions of commands stay affordable. */
const remembered = 64

/** Events whose sum is worked out from the list whenever somebody asks. */
export class History<Sum, Event> {
  readonly #step: (sum: Sum, event: Event) => Sum
  #start: Sum
  #events: Event[] = []

  constructor(start: Sum, step: (sum: Sum, event: Event) => Sum) {
    this.#start = start
    this.#step = step
  }

  add(event: Event): void {
    this.#events.push(event)
    if (this.#events.length <= remembered) return
    this.#start = this.now()
    this.#events = []
  }

  now(): Sum {
    return this.#events.reduce(this.#step, this.#start)
  }
}
