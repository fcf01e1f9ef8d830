import type { Finding } from '@florin/kernel'

/** Findings of one check that are told, at most: a broken table would else tell of every row. */
const mostOfOne = 100

/** What was found wrong, some of it for each check. */
export class Findings {
  readonly all: Finding[] = []
  readonly #told = new Map<string, number>()

  /** `check` without the module's name. */
  add(check: string, finding: Omit<Finding, 'check'>): void {
    const told = (this.#told.get(check) ?? 0) + 1
    this.#told.set(check, told)
    if (told <= mostOfOne) this.all.push({ check: `ledger.${check}`, ...finding })
  }

  /** How many there were, told or not. */
  get count(): number {
    return [...this.#told.values()].reduce((sum, each) => sum + each, 0)
  }
}
