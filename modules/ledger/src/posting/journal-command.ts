import {
  type BatchedCommand,
  type Call,
  defineCommand,
  type Example,
  type Outcome,
  type Recorded,
  type Unit,
} from '@florin/kernel'
import type { Static, TObject, TSchema } from 'typebox'
import { ledgerNotFound, lockLedgerOrNobodys } from '../store/head.ts'
import { applyOrders, recordRefusals } from './apply.ts'
import type { Order } from './order.ts'
import { findRecorded } from './recorded.ts'
import type { Booked } from './views.ts'

interface JournalCommand<I extends TObject, O extends TSchema> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly path: string
  readonly input: I
  readonly output: O
  readonly refusals: readonly string[]
  readonly example: Example
  alsoNeeds?(input: Static<I>): readonly string[]
  ledger(input: Static<I>): string
  order(call: Call<Static<I>>): Order
  answer(booked: Booked): Static<O>
}

/**
 * A command whose outcome is a record of the journal. The record is idempotency store and audit trail; concurrent
 * calls on one ledger are booked together.
 */
export function journalCommand<I extends TObject, O extends TSchema>(
  spec: JournalCommand<I, O>,
): BatchedCommand<I, O> {
  const { path, ledger, order, answer, ...operation } = spec
  const answered = (outcome: Outcome<Booked>): Outcome<Static<O>> =>
    'done' in outcome ? { done: answer(outcome.done) } : outcome
  return defineCommand({
    ...operation,
    http: { method: 'POST', path },
    permission: spec.name,
    lane: ledger,
    async runMany(unit: Unit, calls: readonly Call<Static<I>>[]) {
      const name = ledgerOf(calls, ledger)
      const locked = await lockLedgerOrNobodys(unit, name)
      const orders = calls.map(order)
      if (locked.name === name) return (await applyOrders(unit, locked, orders)).map(answered)
      const refused = ledgerNotFound(name)
      await recordRefusals(unit, locked, orders, refused)
      return calls.map(() => ({ refused }))
    },
    trail: {
      constraint: 'journal_id_key',
      async find(unit: Unit, calls: readonly Call<unknown>[]) {
        const ids = calls.map((call) => call.id)
        const locked = lockLedgerOrNobodys(unit, ledgerOf(calls as readonly Call<Static<I>>[], ledger))
        // Sent right behind the lock, and so read after it is held.
        const [recorded] = await Promise.all([findRecorded(unit.db, ids), locked])
        return new Map<string, Recorded<Static<O>>>(
          [...recorded].map(([id, record]) => [
            id,
            { payloadHash: record.payloadHash, outcome: answered(record.outcome) },
          ]),
        )
      },
    },
  })
}

/** Calls of one lane name the same ledger. */
function ledgerOf<I>(calls: readonly Call<I>[], ledger: (input: I) => string): string {
  const first = calls[0]
  if (first === undefined) throw new Error('A batch without calls')
  return ledger(first.input)
}

/** What every order that may force something needs. */
export function forcePermission(input: { readonly force?: boolean | undefined }): readonly string[] {
  return input.force === true ? ['ledger.transaction.force'] : []
}
