import { derive } from './derived.ts'
import { field, width } from './layout.ts'

/** An account whose state a command changed: bits of `accountStateBit`, and the first reason that set one, else 0. */
export type StateVisit = (
  account: number,
  state: number,
  previous: number,
  cause: number,
  equity: number,
) => void

/** The states of accounts, and which of them the present command changed. */
export class States {
  readonly #rows: Float64Array
  readonly #changed: Int32Array
  #count = 0

  constructor(rows: Float64Array, accounts: number) {
    this.#rows = rows
    this.#changed = new Int32Array(accounts + 1)
  }

  get count(): number {
    return this.#count
  }

  /** @param cause the reason, 0 for the market or an operator */
  set(account: number, state: number, cause: number): void {
    const rows = this.#rows
    const base = account * width
    const before = rows[base + field.state] as number
    if (before === state) return
    if (rows[base + field.changed] === 0) {
      rows[base + field.changed] = 1
      rows[base + field.previousState] = before
      rows[base + field.cause] = 0
      this.#changed[this.#count++] = account
    }
    if (rows[base + field.cause] === 0) rows[base + field.cause] = cause
    rows[base + field.state] = state
    derive(rows, base)
  }

  add(account: number, bit: number, cause: number): void {
    this.set(account, (this.#rows[account * width + field.state] as number) | bit, cause)
  }

  /** Visits the accounts whose state is not what it was, by number, and begins anew. */
  drain(visit: StateVisit, equity: (account: number) => number): void {
    const rows = this.#rows
    const changed = this.#changed.subarray(0, this.#count)
    this.#count = 0
    if (changed.length > 1) changed.sort()
    for (const account of changed) {
      const base = account * width
      const state = rows[base + field.state] as number
      const previous = rows[base + field.previousState] as number
      const cause = rows[base + field.cause] as number
      rows[base + field.changed] = 0
      rows[base + field.previousState] = 0
      rows[base + field.cause] = 0
      if (state !== previous) visit(account, state, previous, cause, equity(account))
    }
  }
}
