/** Collects the WHERE clause of a list: each filter is added only if it was given, its value always as a parameter. */
export class Conditions {
  readonly values: unknown[] = []
  readonly #clauses: string[]

  constructor(...always: readonly string[]) {
    this.#clauses = [...always]
  }

  /** Adds a clause about `value` unless it is undefined. `clause` gets the parameter that stands for it. */
  add(value: unknown, clause: (parameter: string) => string): void {
    if (value !== undefined) this.#clauses.push(clause(this.value(value)))
  }

  /** A clause that always holds its place; its parameters come from `value`. */
  also(clause: string): void {
    this.#clauses.push(clause)
  }

  /** A parameter for a value that is needed elsewhere in the statement. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  get sql(): string {
    return this.#clauses.length === 0 ? '' : `WHERE ${this.#clauses.join(' AND ')}`
  }
}
