import { type Answer, type Engine, systemClock } from '@florin/kernel'
import { tooMuch } from '../lib/books.ts'
import { amountMinor, amountOf, asset, wallet } from '../lib/names.ts'
import type { Subject } from '../lib/subject.ts'
import type { Mode, Pairs, Scenario } from './scenarios.ts'

const dayMs = 86_400_000

export interface Tally {
  calls: number
  booked: number
  refused: number
  replayed: number
}

interface Target {
  readonly subject: Subject
  readonly engine: Engine
  readonly ledger: string
  /** Calls gathered in a transaction at most; what is repeated was sent some batches before. */
  readonly size: number
}

/** Sends the transactions of a scenario, each once, and counts what came of them. */
export class Poster {
  readonly tally: Tally = { calls: 0, booked: 0, refused: 0, replayed: 0 }
  /** What must have come of them. */
  readonly due: Tally = { calls: 0, booked: 0, refused: 0, replayed: 0 }
  readonly #scenario: Scenario
  readonly #pairs: Pairs
  readonly #target: Target
  readonly #prefix: string
  #next = 0

  constructor(target: Target, scenario: Scenario, pairs: Pairs, prefix: string) {
    this.#target = target
    this.#scenario = scenario
    this.#pairs = pairs
    this.#prefix = prefix
  }

  /** Sends so many batches. Gathered calls come from two callers in turn: one is booked while the other gathers. */
  async run(mode: Mode, batches: number, size: number): Promise<void> {
    if (mode === 'batch') return this.#each(batches, () => this.#batch(size))
    const send = () => (this.#scenario.holds ? this.#holdAndSettle(size) : this.#gather(size))
    if (size === 1) return this.#each(batches, send)
    await Promise.all([this.#each(Math.ceil(batches / 2), send), this.#each(Math.floor(batches / 2), send)])
  }

  /** Minor units that were asked to move, where none of it is refused or repeated. */
  get moved(): bigint {
    let total = 0n
    for (let n = 0; n < this.#next; n++) total += BigInt(amountMinor(n) * this.#scenario.postings)
    return total
  }

  /** Throws unless exactly what was to be booked, refused and repeated was. */
  check(): void {
    const [found, due] = [JSON.stringify(this.tally), JSON.stringify(this.due)]
    if (found !== due) throw new Error(`${this.#scenario.name} gave ${found}, not ${due}`)
  }

  async #each(times: number, work: () => Promise<void>): Promise<void> {
    for (let i = 0; i < times; i++) await work()
  }

  async #gather(size: number): Promise<void> {
    const { subject, engine, ledger } = this.#target
    const calls = this.#take(size).map((n) => {
      const key = `${this.#prefix}-${n}`
      const input = { ledger, ...this.#transaction(n) }
      return subject.execute(engine, 'ledger.transaction.post', input, key)
    })
    this.#count(await Promise.all(calls))
  }

  async #batch(size: number): Promise<void> {
    const { subject, engine, ledger } = this.#target
    const numbers = this.#take(size)
    const transactions = numbers.map((n) => this.#transaction(n))
    const input = { ledger, mode: 'independent', transactions }
    const output = await subject.done(
      engine,
      'ledger.transaction.batch',
      input,
      `${this.#prefix}-${numbers[0]}`,
    )
    this.tally.calls += size
    this.tally.booked += numberIn(output, 'booked')
    this.tally.refused += numberIn(output, 'refused')
  }

  async #holdAndSettle(size: number): Promise<void> {
    const { subject, engine, ledger } = this.#target
    const numbers = this.#take(size)
    const holds = numbers.map((n) => {
      const input = { ledger, ...this.#posting(n, 0) }
      return subject.execute(engine, 'ledger.hold.reserve', input, `${this.#prefix}-${n}`)
    })
    const held = await Promise.all(holds)
    this.#count(held)
    const settlements = held.map(({ id }) =>
      subject.execute(engine, 'ledger.hold.settle', { ledger, hold: id }, `${this.#prefix}-${id}`),
    )
    this.due.calls += size
    this.due.booked += size
    this.#count(await Promise.all(settlements))
  }

  #count(answers: readonly Answer[]): void {
    this.tally.calls += answers.length
    for (const answer of answers) {
      if (answer.status !== 'pending' && answer.replayed) this.tally.replayed++
      else if (answer.status === 'done') this.tally.booked++
      else if (answer.status === 'refused') this.tally.refused++
    }
  }

  /** The numbers of the next calls. One that is repeated has the number of a call that was answered long since. */
  #take(count: number): number[] {
    return Array.from({ length: count }, () => {
      const n = this.#next++
      this.due.calls++
      const { repeatedEvery, refusedEvery } = this.#scenario
      const before = n - 2 * this.#target.size - 1
      if (isEvery(repeatedEvery, n) && before >= 0) {
        this.due.replayed++
        return before
      }
      if (isEvery(refusedEvery, n)) this.due.refused++
      else this.due.booked++
      return n
    })
  }

  #transaction(n: number) {
    const { postings, backdatedDays } = this.#scenario
    const transaction = { postings: Array.from({ length: postings }, (_, line) => this.#posting(n, line)) }
    if (backdatedDays === undefined) return transaction
    const valueTime = systemClock.now() - 1_000 - (n % backdatedDays) * dayMs
    return { ...transaction, value_time: new Date(valueTime).toISOString() }
  }

  #posting(n: number, line: number) {
    const at = (n * this.#scenario.postings + line) % this.#pairs.debit.length
    return {
      debit: wallet(this.#pairs.debit[at] ?? 0),
      credit: wallet(this.#pairs.credit[at] ?? 0),
      amount: isEvery(this.#scenario.refusedEvery, n) ? tooMuch : amountOf(n),
      asset,
    }
  }
}

function isEvery(every: number | undefined, n: number): boolean {
  return every !== undefined && n % every === every - 1
}

function numberIn(output: unknown, member: string): number {
  const value = typeof output === 'object' && output !== null ? Reflect.get(output, member) : undefined
  if (typeof value !== 'number') throw new Error(`The answer has no number "${member}"`)
  return value
}
