import type { Load } from '../load.ts'
import { FlorinProcess, type ProcessOptions } from '../processes.ts'

/** What a process may be told when something is broken; anything else is a defect. */
const clear = new Set(['the process ended', 'overloaded', 'database_unavailable'])
const patienceMs = 120_000

/** Florins of their own processes that post without end; who is killed is replaced. */
export class Crew {
  readonly #options: ProcessOptions
  readonly #load: Load
  readonly #members: FlorinProcess[]
  readonly #answered: number[]
  readonly #draw: (below: number) => number
  /** How often each error was told, by its code. */
  readonly told = new Map<string, number>()
  #next = 0
  #stopping = false

  constructor(size: number, options: ProcessOptions, load: Load, draw: (below: number) => number) {
    this.#options = options
    this.#load = load
    this.#draw = draw
    this.#members = Array.from({ length: size }, () => new FlorinProcess(options))
    this.#answered = this.#members.map(() => 0)
  }

  any(): FlorinProcess {
    const member = this.#members[this.#draw(this.#members.length)]
    if (member === undefined) throw new Error('The crew is empty')
    return member
  }

  /** Posts until told to stop; each call is repeated until it has its outcome. */
  async run(callersEach = 4): Promise<void> {
    await Promise.all(
      this.#members.flatMap((_, i) => Array.from({ length: callersEach }, () => this.#post(i))),
    )
  }

  stop(): void {
    this.#stopping = true
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()))
  }

  /** Resolves when every process has answered a call that was sent after this. */
  async allAnswer(): Promise<void> {
    const before = [...this.#answered]
    const began = performance.now()
    while (!this.#stopping && this.#answered.some((count, i) => count < (before[i] ?? 0) + 8)) {
      if (performance.now() - began > patienceMs) throw new Error('A process did not recover in time')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async #post(i: number): Promise<void> {
    while (!this.#stopping) {
      const n = this.#next++
      const began = performance.now()
      for (let done = false; !done; ) {
        done = await this.#send(i, n)
        if (performance.now() - began > patienceMs) throw new Error(`Posting ${n} had no outcome in time`)
      }
    }
  }

  async #send(i: number, n: number): Promise<boolean> {
    const member = this.#members[i]
    const said = await member?.call('ledger.transaction.post', this.#load.input(n), this.#load.key(n))
    if (said?.status === 'done') {
      this.#load.note(n, said.id ?? '')
      this.#answered[i] = (this.#answered[i] ?? 0) + 1
      return true
    }
    const error = said?.error ?? `the outcome ${said?.status}`
    if (!clear.has(error)) throw new Error(`A posting was answered with ${error}`)
    this.told.set(error, (this.told.get(error) ?? 0) + 1)
    if (error === 'the process ended' && this.#members[i] === member) {
      this.#members[i] = new FlorinProcess(this.#options)
    }
    return false
  }
}
