import { Refusal } from '@florin/kernel'
import type { Move } from '../domain/book.ts'
import type { ForwardInstruction } from '../domain/instruction.ts'
import {
  type EndedForward,
  type ForwardState,
  insertForwardOutcomes,
  insertForwards,
  type NewForward,
  saveForwardDue,
} from '../store/forwards.ts'
import type { LedgerHead } from '../store/head.ts'
import type { Statement } from '../store/rows.ts'

interface KeptForward extends NewForward {
  readonly moves: readonly Move[]
}

/** The forwards that a batch names or records, and what has to be written of them. */
export class ForwardDesk {
  readonly #states: Map<string, ForwardState>
  readonly #kept = new Map<string, KeptForward>()
  readonly #ended: EndedForward[] = []

  constructor(named: readonly ForwardState[]) {
    this.#states = new Map(named.map((state) => [state.id, state]))
  }

  /** Records a forward, as record `seq`. */
  keep(id: string, seq: bigint, forward: ForwardInstruction, moves: readonly Move[]): void {
    const { due, postings, lines, conditions } = forward
    const shown = moves.map(({ debit, credit, amount }) => ({
      debit: debit.address,
      credit: credit.address,
      asset: debit.asset,
      exponent: debit.exponent,
      amount,
    }))
    this.#kept.set(id, { id, seq, due, request: { postings, lines, conditions }, postings: shown, moves })
    this.#states.set(id, { id, seq, due, status: 'pending', endedBy: undefined })
  }

  /** Ends a pending forward by the record `by`. */
  cancel(id: string, by: { readonly id: string; readonly seq: bigint }): void {
    const state = this.#states.get(id)
    if (state === undefined)
      throw new Refusal('forward_not_found', `There is no forward ${id} in this ledger`, { forward: id })
    if (state.status !== 'pending') {
      throw new Refusal('forward_not_pending', `The forward ${id} is ${state.status}`, {
        forward: id,
        status: state.status,
        ...(state.endedBy === undefined ? {} : { ended_by: state.endedBy }),
      })
    }
    this.#states.set(id, { ...state, status: 'cancelled', endedBy: by.id })
    this.#ended.push({ seq: state.seq, due: state.due, status: 'cancelled', endedAt: by.seq })
  }

  /** Why there is no transaction of this id yet, if it is that of a forward. */
  whyNotBooked(id: string): Refusal | undefined {
    const state = this.#states.get(id)
    if (state === undefined) return undefined
    const named = { transaction: id, due: new Date(state.due).toISOString() }
    if (state.status === 'pending')
      return new Refusal('forward_pending', `The transaction ${id} is not booked before ${named.due}`, named)
    const booked = state.status === 'booked' ? { booked_as: state.endedBy } : {}
    return new Refusal('transaction_not_found', `${id} is a forward that was ${state.status}`, {
      transaction: id,
      status: state.status,
      ...booked,
    })
  }

  /** What a forward of this batch will move. */
  movesOf(id: string): readonly Move[] {
    return this.#kept.get(id)?.moves ?? []
  }

  statements(ledger: LedgerHead): Statement[] {
    if (this.#kept.size === 0 && this.#ended.length === 0) return []
    const kept = [...this.#kept.values()]
    for (const { due } of kept) ledger.forwardDue = Math.min(due, ledger.forwardDue ?? due)
    return [
      ...insertForwards(ledger.id, kept),
      ...insertForwardOutcomes(ledger.id, this.#ended),
      saveForwardDue(ledger),
    ]
  }
}
