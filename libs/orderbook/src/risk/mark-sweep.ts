import * as layout from '../layout.ts'
import * as reasons from '../reasons.ts'
import { exceedsMillionths } from './arithmetic.ts'
import { derive } from './derived.ts'
import * as rowLayout from './layout.ts'
import { equity, isMargin, result } from './position.ts'
import type { States } from './states.ts'

// Names of this module are known numbers to the compiler, imported objects are not.
const { accountStateBit } = layout
const { reason } = reasons
const { field, width } = rowLayout

const marginBits = accountStateBit.marginCall | accountStateBit.liquidation

/** What a new mark means for accounts: those with positions or orders are kept in a dense list, so that others cost nothing. */
export class MarkSweep {
  readonly #rows: Float64Array
  readonly #states: States
  readonly #list: Int32Array
  #count = 0

  constructor(rows: Float64Array, states: States, accounts: number) {
    this.#rows = rows
    this.#states = states
    this.#list = new Int32Array(accounts + 1)
  }

  /** Accounts that the next mark looks at, and some that have nothing left since the last. */
  get listed(): number {
    return this.#count
  }

  /** The account has an order or a position, or had one since the last mark. */
  list(account: number): void {
    const place = account * width + field.listed
    if (this.#rows[place] !== 0) return
    this.#rows[place] = 1
    this.#list[this.#count++] = account
  }

  sweep(mark: number): void {
    let at = 0
    while (at < this.#count) {
      const account = this.#list[at] as number
      if (this.#isIdle(account)) {
        this.#unlist(at)
      } else {
        this.#look(account, mark)
        at++
      }
    }
  }

  parts(): Int32Array[] {
    return [Int32Array.of(this.#count), this.#list]
  }

  restore(head: Int32Array, list: Int32Array): void {
    this.#count = head[0] ?? 0
    this.#list.set(list)
  }

  #unlist(at: number): void {
    const last = --this.#count
    this.#rows[(this.#list[at] as number) * width + field.listed] = 0
    this.#list[at] = this.#list[last] as number
    this.#list[last] = 0
  }

  #isIdle(account: number): boolean {
    const rows = this.#rows
    const base = account * width
    return (
      rows[base + field.position] === 0 &&
      rows[base + field.openOrders] === 0 &&
      ((rows[base + field.state] as number) & marginBits) === 0
    )
  }

  #look(account: number, mark: number): void {
    const rows = this.#rows
    const base = account * width
    const now = result(rows, base, mark)
    if (now > (rows[base + field.best] as number)) {
      rows[base + field.best] = now
      derive(rows, base)
    }
    const dailyLoss = rows[base + field.dailyLoss] as number
    if (dailyLoss !== 0 && now - (rows[base + field.dayStart] as number) < -dailyLoss) {
      this.#states.add(account, accountStateBit.halted, reason.dailyLoss)
    }
    const drawdown = rows[base + field.drawdown] as number
    if (drawdown !== 0 && (rows[base + field.best] as number) - now > drawdown) {
      this.#states.add(account, accountStateBit.reduceOnly, reason.drawdown)
    }
    const state = rows[base + field.state] as number
    this.#states.set(account, (state & ~marginBits) | marginState(rows, base, mark), reason.none)
  }
}

function marginState(rows: Float64Array, base: number, mark: number): number {
  const lots = Math.abs(rows[base + field.position] as number)
  if (lots === 0 || !isMargin(rows, base)) return 0
  const held = equity(rows, base, mark)
  const value = lots * mark
  const called = exceedsMillionths(value, rows[base + field.maintenanceMargin] as number, held)
  const liquidated = exceedsMillionths(value, rows[base + field.liquidationMargin] as number, held)
  return (called ? accountStateBit.marginCall : 0) | (liquidated ? accountStateBit.liquidation : 0)
}
